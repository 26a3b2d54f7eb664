// Batch normalisation of float32 and bfloat16 images in training, the channels first or last in memory. libtorch's own takes a sixth of a small residual network's step; this reads and writes each
// value as few times as the formulas ask for, in float32 (sums over blocks of pixels in double, in an order that does not depend on the threads). Everything else goes to aten::batch_norm.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#define ZOO_AVX512 1
#define ZOO_TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16,fma")))
#endif

namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

#ifdef ZOO_AVX512

constexpr int64_t Lanes = 16, BlockRows = 1024, BlockValues = 32768, BlockBytes = 131072;

bool supported(at::ScalarType type) {
  static const bool floats = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
  static const bool halves = floats && __builtin_cpu_supports("avx512bf16");
  return type == at::kFloat ? floats : type == at::kBFloat16 && halves;
}

ZOO_TARGET inline __m512 load(const float* p) { return _mm512_loadu_ps(p); }

ZOO_TARGET inline __m512 load(const at::BFloat16* p) {
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p))), 16));
}

ZOO_TARGET inline void store(float* p, __m512 v) { _mm512_storeu_ps(p, v); }

// Only where the processor has AVX-512-BF16; all other code here stays below it.
ZOO_TARGET inline void store(at::BFloat16* p, __m512 v) {
  const __m256bh rounded = _mm512_cvtneps_pbh(v);
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), *reinterpret_cast<const __m256i*>(&rounded));
}

// Sums, lane by lane, of a and of a·b over every stride-th group of 16 values: a = x − center, b = a, or with dy: a = dy, b = x − center. Four at a time, so that no addition waits for the one before.
template <typename T>
ZOO_TARGET inline void lane_sums(const T* x, const T* dy, __m512 center, int64_t count, int64_t stride, float* first, float* second) {
  __m512 one[4], two[4];
  for (int u = 0; u < 4; u++) one[u] = two[u] = _mm512_setzero_ps();
  int64_t i = 0;
  for (; i + 4 <= count; i += 4) {
    for (int u = 0; u < 4; u++) {
      const __m512 b = _mm512_sub_ps(load(x + (i + u) * stride), center), a = dy ? load(dy + (i + u) * stride) : b;
      one[u] = _mm512_add_ps(one[u], a);
      two[u] = _mm512_fmadd_ps(a, b, two[u]);
    }
  }
  for (; i < count; i++) {
    const __m512 b = _mm512_sub_ps(load(x + i * stride), center), a = dy ? load(dy + i * stride) : b;
    one[0] = _mm512_add_ps(one[0], a);
    two[0] = _mm512_fmadd_ps(a, b, two[0]);
  }
  _mm512_storeu_ps(first, _mm512_add_ps(_mm512_add_ps(one[0], one[1]), _mm512_add_ps(one[2], one[3])));
  _mm512_storeu_ps(second, _mm512_add_ps(_mm512_add_ps(two[0], two[1]), _mm512_add_ps(two[2], two[3])));
}

// The two sums of 16 channels that lie last.
template <typename T>
ZOO_TARGET void row_sums(const T* x, const T* dy, const float* center, int64_t rows, int64_t channels, double* first, double* second) {
  float s[Lanes], t[Lanes];
  lane_sums(x, dy, _mm512_loadu_ps(center), rows, channels, s, t);
  std::copy(s, s + Lanes, first);
  std::copy(t, t + Lanes, second);
}

// The two sums of one channel of one image, whose pixels lie side by side.
template <typename T>
ZOO_TARGET void plane_sums(const T* x, const T* dy, float center, int64_t pixels, double* first, double* second) {
  *first = *second = 0;
  int64_t at = 0;
  for (; at + Lanes <= pixels;) {
    float s[Lanes], t[Lanes];
    const int64_t count = std::min(BlockValues, pixels - at) / Lanes;
    lane_sums(x + at, dy ? dy + at : nullptr, _mm512_set1_ps(center), count, Lanes, s, t);
    for (int64_t i = 0; i < Lanes; i++) {
      *first += s[i];
      *second += t[i];
    }
    at += count * Lanes;
  }
  for (; at < pixels; at++) {
    const double b = static_cast<float>(x[at]) - center, a = dy ? static_cast<float>(dy[at]) : b;
    *first += a;
    *second += a * b;
  }
}

// (x − center)·factor + offset, or with dy: dy·scale + (x − center)·factor + offset.
template <typename T>
ZOO_TARGET inline void apply(const T* x, const T* dy, T* out, __m512 center, __m512 factor, __m512 offset, __m512 scale) {
  __m512 v = _mm512_fmadd_ps(_mm512_sub_ps(load(x), center), factor, offset);
  if (dy) v = _mm512_fmadd_ps(load(dy), scale, v);
  store(out, v);
}

template <typename T>
ZOO_TARGET void row_apply(const T* x, const T* dy, T* out, int64_t rows, int64_t channels, const float* center, const float* factor, const float* offset, const float* scale) {
  for (int64_t row = 0; row < rows; row++) {
    for (int64_t c = 0; c < channels; c += Lanes) {
      const int64_t at = row * channels + c;
      apply(x + at, dy ? dy + at : nullptr, out + at, _mm512_loadu_ps(center + c), _mm512_loadu_ps(factor + c), _mm512_loadu_ps(offset + c), _mm512_loadu_ps(scale + c));
    }
  }
}

template <typename T>
ZOO_TARGET void plane_apply(const T* x, const T* dy, T* out, int64_t pixels, float center, float factor, float offset, float scale) {
  const __m512 m = _mm512_set1_ps(center), f = _mm512_set1_ps(factor), o = _mm512_set1_ps(offset), s = _mm512_set1_ps(scale);
  int64_t at = 0;
  for (; at + Lanes <= pixels; at += Lanes) apply(x + at, dy ? dy + at : nullptr, out + at, m, f, o, s);
  for (; at < pixels; at++) out[at] = (static_cast<float>(x[at]) - center) * factor + offset + (dy ? static_cast<float>(dy[at]) * scale : 0);
}

// How images lie in memory.
struct Layout {
  explicit Layout(const Tensor& x)
      : images(x.size(0)), channels(x.size(1)), pixels(x.size(2) * x.size(3)), rows(images * pixels), last(channels % Lanes == 0 && x.is_contiguous(at::MemoryFormat::ChannelsLast)),
        format(last ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous) {}

  int64_t images, channels, pixels, rows;
  bool last; // the channels, in multiples of 16; else the pixels
  at::MemoryFormat format;
};

template <typename T>
const T* data(const Tensor& t) { return t.defined() ? t.data_ptr<T>() : nullptr; }

// The two sums of every channel, [2·channels].
template <typename T>
std::vector<double> channel_sums(const Tensor& x, const Tensor& dy, const float* center, const Layout& l) {
  const int64_t channels = l.channels, block = std::clamp<int64_t>(BlockBytes / (channels * sizeof(T)), 16, BlockRows); // rows; read once for every 16 channels, so they stay in the cache
  const int64_t parts = l.last ? (l.rows + block - 1) / block : l.images;
  std::vector<double> part(parts * 2 * channels), whole(2 * channels);
  const T *from = data<T>(x), *by = data<T>(dy);
  if (l.last) {
    at::parallel_for(0, parts, 1, [&](int64_t begin, int64_t end) {
      for (int64_t b = begin; b < end; b++) {
        double* to = part.data() + b * 2 * channels;
        const int64_t start = b * block, count = std::min(block, l.rows - start);
        for (int64_t c = 0; c < channels; c += Lanes) {
          const int64_t at = start * channels + c;
          row_sums(from + at, by ? by + at : nullptr, center + c, count, channels, to + c, to + channels + c);
        }
      }
    });
  } else {
    at::parallel_for(0, l.images * channels, 1 + BlockValues / l.pixels, [&](int64_t begin, int64_t end) {
      for (int64_t plane = begin; plane < end; plane++) {
        const int64_t c = plane % channels, at = plane * l.pixels;
        double* to = part.data() + plane / channels * 2 * channels;
        plane_sums(from + at, by ? by + at : nullptr, center[c], l.pixels, to + c, to + channels + c);
      }
    });
  }
  for (int64_t b = 0; b < parts; b++)
    for (int64_t i = 0; i < 2 * channels; i++) whole[i] += part[b * 2 * channels + i];
  return whole;
}

template <typename T>
Tensor apply_all(const Tensor& x, const Tensor& dy, const Layout& l, const float* center, const float* factor, const float* offset, const float* scale) {
  Tensor out = at::empty_like(x, x.options(), l.format);
  const T *from = data<T>(x), *by = data<T>(dy);
  T* to = out.data_ptr<T>();
  if (l.last) {
    at::parallel_for(0, l.rows, BlockRows, [&](int64_t begin, int64_t end) {
      const int64_t at = begin * l.channels;
      row_apply(from + at, by ? by + at : nullptr, to + at, end - begin, l.channels, center, factor, offset, scale);
    });
  } else {
    at::parallel_for(0, l.images * l.channels, 1 + BlockValues / l.pixels, [&](int64_t begin, int64_t end) {
      for (int64_t plane = begin; plane < end; plane++) {
        const int64_t c = plane % l.channels, at = plane * l.pixels;
        plane_apply(from + at, by ? by + at : nullptr, to + at, l.pixels, center[c], factor[c], offset[c], scale[c]);
      }
    });
  }
  return out;
}

template <typename T>
struct BatchNorm : torch::autograd::Function<BatchNorm<T>> {
  static Tensor forward(AutogradContext* ctx, Tensor x, Tensor weight, Tensor bias, c10::optional<Tensor> running_mean, c10::optional<Tensor> running_var, double momentum, double eps) {
    const Layout l(x);
    const int64_t channels = l.channels, rows = l.rows;
    // Sums of differences from the first pixel: variances of large means lose nothing.
    std::vector<float> center(channels), factor(channels), none(channels);
    for (int64_t c = 0; c < channels; c++) center[c] = data<T>(x)[l.last ? c : c * l.pixels];
    const std::vector<double> total = channel_sums<T>(x, Tensor(), center.data(), l);
    Tensor mean = at::empty({channels}, weight.options()), inverse = at::empty({channels}, weight.options());
    float *m = mean.data_ptr<float>(), *s = inverse.data_ptr<float>();
    const float* w = weight.data_ptr<float>();
    for (int64_t c = 0; c < channels; c++) {
      const double shift = total[c] / rows, variance = std::max(0.0, total[channels + c] / rows - shift * shift);
      m[c] = static_cast<float>(center[c] + shift);
      s[c] = static_cast<float>(1 / std::sqrt(variance + eps));
      factor[c] = w[c] * s[c];
      if (running_mean) {
        float &mean_of_all = running_mean->data_ptr<float>()[c], &variance_of_all = running_var->data_ptr<float>()[c];
        mean_of_all = static_cast<float>((1 - momentum) * mean_of_all + momentum * (center[c] + shift));
        variance_of_all = static_cast<float>((1 - momentum) * variance_of_all + momentum * variance * rows / (rows - 1));
      }
    }
    ctx->save_for_backward({x, weight, mean, inverse});
    ctx->saved_data["eps"] = eps;
    return apply_all<T>(x, Tensor(), l, m, factor.data(), bias.data_ptr<float>(), none.data());
  }

  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    const variable_list saved = ctx->get_saved_variables();
    const Tensor &x = saved[0], &weight = saved[1];
    if (at::GradMode::is_enabled()) { // these gradients are to be differentiated in their turn
      auto [dx, dw, db] = at::native_batch_norm_backward(grads[0].to(at::kFloat), x.to(at::kFloat), weight, {}, {}, saved[2], saved[3], true, ctx->saved_data["eps"].toDouble(), {true, true, true});
      return {dx.to(x.scalar_type()), dw, db, Tensor(), Tensor(), Tensor(), Tensor()};
    }
    const Layout l(x);
    const Tensor dy = grads[0].to(x.scalar_type()).contiguous(l.format);
    const int64_t channels = l.channels, rows = l.rows;
    const float *m = saved[2].data_ptr<float>(), *s = saved[3].data_ptr<float>(), *w = weight.data_ptr<float>();
    const std::vector<double> total = channel_sums<T>(x, dy, m, l);
    Tensor dw = at::empty_like(weight), db = at::empty_like(weight);
    std::vector<float> factor(channels), offset(channels), scale(channels);
    for (int64_t c = 0; c < channels; c++) {
      const double slope = static_cast<double>(w[c]) * s[c];
      dw.data_ptr<float>()[c] = static_cast<float>(total[channels + c] * s[c]);
      db.data_ptr<float>()[c] = static_cast<float>(total[c]);
      scale[c] = static_cast<float>(slope);
      factor[c] = static_cast<float>(-slope * s[c] * s[c] * total[channels + c] / rows);
      offset[c] = static_cast<float>(-slope * total[c] / rows);
    }
    return {apply_all<T>(x, dy, l, m, factor.data(), offset.data(), scale.data()), dw, db, Tensor(), Tensor(), Tensor(), Tensor()};
  }
};

bool is_plain(const Tensor& t, int64_t channels) { return t.defined() && t.scalar_type() == at::kFloat && t.is_contiguous() && t.numel() == channels && t.is_cpu(); }

bool fits(const Tensor& x, const Tensor& weight, const Tensor& bias, const c10::optional<Tensor>& mean, const c10::optional<Tensor>& var) {
  if (!x.is_cpu() || x.dim() != 4 || x.layout() != at::kStrided || x.numel() == 0 || !supported(x.scalar_type())) return false;
  const Layout l(x);
  return l.rows > 1 && (l.last || (l.pixels >= Lanes && x.is_contiguous())) && is_plain(weight, l.channels) && is_plain(bias, l.channels)
      && mean.has_value() == var.has_value() && (!mean || (is_plain(*mean, l.channels) && is_plain(*var, l.channels)));
}

#endif

Tensor batch_norm(const Tensor& x, const c10::optional<Tensor>& weight, const c10::optional<Tensor>& bias, const c10::optional<Tensor>& mean, const c10::optional<Tensor>& var, bool training,
                  double momentum, double eps, bool cudnn) {
#ifdef ZOO_AVX512
  if (training) {
    const Tensor w = weight.value_or(Tensor()), b = bias.value_or(Tensor());
    if (fits(x, w, b, mean, var))
      return x.scalar_type() == at::kFloat ? BatchNorm<float>::apply(x, w, b, mean, var, momentum, eps) : BatchNorm<at::BFloat16>::apply(x, w, b, mean, var, momentum, eps);
  }
#endif
  return at::batch_norm(x, weight, bias, mean, var, training, momentum, eps, cudnn);
}

TORCH_LIBRARY(modelzoo, m) {
  m.def("batch_norm(Tensor input, Tensor? weight, Tensor? bias, Tensor? running_mean, Tensor? running_var, bool training, float momentum, float eps, bool cudnn_enabled) -> Tensor", batch_norm);
}

}  // namespace
