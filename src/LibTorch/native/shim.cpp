#include "shim.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <c10/core/InferenceMode.h>
#include <c10/util/Logging.h>
#include <dlfcn.h>
#include <malloc.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/cuda.h>
#include <torch/serialize.h>
#include <torch/version.h>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

using c10::IValue;

namespace {

thread_local std::string last_error;

// Runs body; any C++ exception becomes -1 and a message.
template <typename F>
int32_t guarded(F&& body) {
  try {
    return body();
  } catch (const c10::Error& e) {
    last_error = e.what_without_backtrace();
  } catch (const std::exception& e) {
    last_error = e.what();
  } catch (...) {
    last_error = "unknown C++ exception";
  }
  return -1;
}

c10::TensorImpl* impl(zoo_tensor t) { return static_cast<c10::TensorImpl*>(t); }

// A counted reference to the tensor behind a handle; null is the undefined tensor.
at::Tensor borrow(zoo_tensor t) {
  if (!t) return at::Tensor();
  return at::Tensor(c10::intrusive_ptr<c10::TensorImpl, c10::UndefinedTensorImpl>::reclaim_copy(impl(t)));
}

zoo_tensor own(at::Tensor t) { return t.defined() ? t.unsafeReleaseTensorImpl() : nullptr; }

std::vector<at::Tensor> borrow_all(zoo_tensor const* tensors, int64_t n) {
  std::vector<at::Tensor> v;
  v.reserve(n);
  for (int64_t i = 0; i < n; i++) v.push_back(borrow(tensors[i]));
  return v;
}

enum class Kind : uint8_t { Tensor, Int, Float, Scalar, Bool, Ints, Floats, Bools, Tensors, OptTensors, String, Generator, Device, Other };

Kind kind_of(const c10::TypePtr& type, bool* optional) {
  switch (type->kind()) {
    case c10::TypeKind::OptionalType: {
      *optional = true;
      bool ignored = false;
      return kind_of(type->castRaw<c10::OptionalType>()->getElementType(), &ignored);
    }
    case c10::TypeKind::TensorType: return Kind::Tensor;
    case c10::TypeKind::IntType:
    case c10::TypeKind::SymIntType:
    case c10::TypeKind::ScalarTypeType:
    case c10::TypeKind::LayoutType:
    case c10::TypeKind::MemoryFormatType: return Kind::Int;
    case c10::TypeKind::FloatType: return Kind::Float;
    case c10::TypeKind::NumberType: return Kind::Scalar;
    case c10::TypeKind::BoolType: return Kind::Bool;
    case c10::TypeKind::StringType: return Kind::String;
    case c10::TypeKind::GeneratorType: return Kind::Generator;
    case c10::TypeKind::DeviceObjType: return Kind::Device;
    case c10::TypeKind::ListType: {
      bool inner_optional = false;
      switch (kind_of(type->castRaw<c10::ListType>()->getElementType(), &inner_optional)) {
        case Kind::Int: return Kind::Ints;
        case Kind::Float: return Kind::Floats;
        case Kind::Bool: return Kind::Bools;
        case Kind::Tensor: return inner_optional ? Kind::OptTensors : Kind::Tensors;
        default: return Kind::Other;
      }
    }
    default: return Kind::Other;
  }
}

struct Op {
  c10::OperatorHandle handle;
  std::string name;
  std::vector<Kind> kinds;
  std::vector<bool> optional;
};

[[noreturn]] void bad_argument(const Op& op, size_t i, const char* wanted, int32_t tag) {
  throw std::invalid_argument(op.name + ": argument " + std::to_string(i) + " must be " + wanted + " (got tag " + std::to_string(tag) + ")");
}

// One tagged value to the IValue that the operator's schema asks for.
IValue to_ivalue(const Op& op, size_t i, const zoo_value& v) {
  if (v.tag == ZOO_NONE) {
    if (op.kinds[i] == Kind::Tensor && !op.optional[i]) bad_argument(op, i, "a tensor", v.tag);
    return IValue();
  }
  switch (op.kinds[i]) {
    case Kind::Tensor:
      if (v.tag == ZOO_TENSOR) return IValue(borrow(v.p));
      bad_argument(op, i, "a tensor", v.tag);
    case Kind::Int:
      if (v.tag == ZOO_INT || v.tag == ZOO_BOOL) return IValue(v.i);
      bad_argument(op, i, "an int", v.tag);
    case Kind::Float:
      if (v.tag == ZOO_DOUBLE) return IValue(v.d);
      if (v.tag == ZOO_INT) return IValue(static_cast<double>(v.i));
      bad_argument(op, i, "a float", v.tag);
    case Kind::Scalar:
      if (v.tag == ZOO_DOUBLE) return IValue(v.d);
      if (v.tag == ZOO_INT) return IValue(v.i);
      if (v.tag == ZOO_BOOL) return IValue(v.i != 0);
      bad_argument(op, i, "a number", v.tag);
    case Kind::Bool:
      if (v.tag == ZOO_BOOL || v.tag == ZOO_INT) return IValue(v.i != 0);
      bad_argument(op, i, "a bool", v.tag);
    case Kind::Ints: {
      c10::List<int64_t> list;
      if (v.tag == ZOO_INTS) {
        auto* p = static_cast<const int64_t*>(v.p);
        list.reserve(v.n);
        for (int32_t k = 0; k < v.n; k++) list.push_back(p[k]);
      } else if (v.tag == ZOO_INT) {
        list.push_back(v.i);
      } else {
        bad_argument(op, i, "an int list", v.tag);
      }
      return IValue(std::move(list));
    }
    case Kind::Floats: {
      if (v.tag != ZOO_DOUBLES) bad_argument(op, i, "a float list", v.tag);
      auto* p = static_cast<const double*>(v.p);
      c10::List<double> list;
      for (int32_t k = 0; k < v.n; k++) list.push_back(p[k]);
      return IValue(std::move(list));
    }
    case Kind::Bools: {
      if (v.tag != ZOO_INTS) bad_argument(op, i, "a bool list", v.tag);
      auto* p = static_cast<const int64_t*>(v.p);
      c10::List<bool> list;
      for (int32_t k = 0; k < v.n; k++) list.push_back(p[k] != 0);
      return IValue(std::move(list));
    }
    case Kind::Tensors: {
      if (v.tag != ZOO_TENSORS) bad_argument(op, i, "a tensor list", v.tag);
      auto* p = static_cast<zoo_tensor const*>(v.p);
      c10::List<at::Tensor> list;
      list.reserve(v.n);
      for (int32_t k = 0; k < v.n; k++) list.push_back(borrow(p[k]));
      return IValue(std::move(list));
    }
    case Kind::OptTensors: {
      if (v.tag != ZOO_TENSORS) bad_argument(op, i, "a tensor list", v.tag);
      auto* p = static_cast<zoo_tensor const*>(v.p);
      c10::impl::GenericList list(c10::OptionalType::create(c10::TensorType::get()));
      list.reserve(v.n);
      for (int32_t k = 0; k < v.n; k++) list.push_back(p[k] ? IValue(borrow(p[k])) : IValue());
      return IValue(std::move(list));
    }
    case Kind::String:
      if (v.tag == ZOO_STRING) return IValue(std::string(static_cast<const char*>(v.p), v.n));
      bad_argument(op, i, "a string", v.tag);
    case Kind::Generator:
      if (v.tag == ZOO_GENERATOR) return IValue(*static_cast<at::Generator*>(v.p));
      bad_argument(op, i, "a generator", v.tag);
    case Kind::Device:
      if (v.tag == ZOO_DEVICE) return IValue(c10::Device(static_cast<c10::DeviceType>(static_cast<int32_t>(v.i)), static_cast<c10::DeviceIndex>(v.i >> 32)));
      bad_argument(op, i, "a device", v.tag);
    default:
      bad_argument(op, i, "of a type that this shim knows", v.tag);
  }
}

int32_t fresh_kib(const at::Tensor& t) {
  if (!t.has_storage() || t.storage().use_count() != 1) return 0;
  return static_cast<int32_t>(std::min<size_t>((t.storage().nbytes() + 1023) / 1024, INT32_MAX));
}

void from_ivalue(IValue&& v, zoo_value* out) {
  out->tag = ZOO_NONE;
  out->n = 0;
  out->i = 0;
  if (v.isTensor()) {
    at::Tensor t = std::move(v).toTensor();
    if (!t.defined()) return;
    out->tag = ZOO_TENSOR;
    out->n = fresh_kib(t);
    out->p = own(std::move(t));
  } else if (v.isDouble()) {
    out->tag = ZOO_DOUBLE;
    out->d = v.toDouble();
  } else if (v.isInt()) {
    out->tag = ZOO_INT;
    out->i = v.toInt();
  } else if (v.isBool()) {
    out->tag = ZOO_BOOL;
    out->i = v.toBool();
  } else if (v.isTensorList()) {
    auto list = v.toTensorVector();
    auto** handles = static_cast<zoo_tensor*>(std::malloc(sizeof(zoo_tensor) * std::max<size_t>(list.size(), 1)));
    if (!handles) throw std::bad_alloc();
    for (size_t k = 0; k < list.size(); k++) handles[k] = own(std::move(list[k]));
    out->tag = ZOO_TENSORS;
    out->p = handles;
    out->n = static_cast<int32_t>(list.size());
  } else if (!v.isNone()) {
    throw std::runtime_error("a result of type " + v.tagKind() + " has no C representation here");
  }
}

// A stack per thread, lent to one call at a time, so that most calls allocate nothing for it.
thread_local std::vector<IValue> spare_stack;

__attribute__((noinline)) int32_t call(const Op* op, const zoo_value* args, int32_t nargs, zoo_value* results, int32_t capacity) {
  return guarded([&]() -> int32_t {
    const size_t given = static_cast<size_t>(nargs), wanted = op->kinds.size();
    if (given > wanted) throw std::invalid_argument(op->name + " takes " + std::to_string(wanted) + " arguments, got " + std::to_string(given));
    std::vector<IValue> stack = std::move(spare_stack);
    stack.clear();
    for (size_t i = 0; i < given; i++) stack.push_back(to_ivalue(*op, i, args[i]));
    // An operator may have gained arguments in a later libtorch: those have defaults.
    for (size_t i = given; i < wanted; i++) {
      const auto& fallback = op->handle.schema().arguments()[i].default_value();
      if (!fallback) throw std::invalid_argument(op->name + " takes " + std::to_string(wanted) + " arguments, got " + std::to_string(given));
      stack.push_back(*fallback);
    }
    op->handle.callBoxed(&stack);
    int32_t n = 0;
    if (capacity > 0) {
      n = static_cast<int32_t>(stack.size());
      if (n > capacity) throw std::runtime_error(op->name + " returns " + std::to_string(n) + " values, room for " + std::to_string(capacity));
      for (int32_t i = 0; i < n; i++) from_ivalue(std::move(stack[i]), &results[i]);
    }
    stack.clear();
    spare_stack = std::move(stack);
    return n;
  });
}

bool has_avx = false;

}  // namespace

// ---- library ---------------------------------------------------------------------------------------------------------

ZOO_API int32_t zoo_init() {
  return guarded([]() -> int32_t {
#ifdef __x86_64__
    has_avx = __builtin_cpu_supports("avx");
    // ATen would pick its AVX2 kernels; the AVX-512 ones are 1.6-2.7 times faster for exp, sigmoid and softmax. Must precede the first kernel.
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq"))
      setenv("ATEN_CPU_CAPABILITY", "avx512", 0);
#endif
    // Keep freed activations in the process: the next step asks for the same sizes.
    mallopt(M_MMAP_THRESHOLD, 32 << 20);
    mallopt(M_TRIM_THRESHOLD, 512 << 20);
    mallopt(M_TOP_PAD, 16 << 20);
    // Exceptions travel as messages; a backtrace would cost 3.5 ms each.
    c10::SetStackTraceFetcher([]() -> std::string { return std::string(); });
    at::globalContext();
    return 0;
  });
}

ZOO_API const char* zoo_error() { return last_error.c_str(); }
ZOO_API const char* zoo_torch_version() { return TORCH_VERSION; }
ZOO_API void zoo_free(void* p) { std::free(p); }

// ---- operators -------------------------------------------------------------------------------------------------------

// Finds an operator by name ("aten::add") and overload ("Tensor"); null and an error where there is none. Never freed.
ZOO_API void* zoo_op_find(const char* name, const char* overload) {
  Op* found = nullptr;
  guarded([&]() -> int32_t {
    auto handle = c10::Dispatcher::singleton().findSchema({name, overload});
    if (!handle) throw std::runtime_error(std::string("this libtorch has no operator ") + name + "." + overload);
    auto op = std::make_unique<Op>(Op{*handle, std::string(name) + (*overload ? "." : "") + overload, {}, {}});
    for (const auto& argument : handle->schema().arguments()) {
      bool optional = false;
      op->kinds.push_back(kind_of(argument.type(), &optional));
      op->optional.push_back(optional);
    }
    found = op.release();
    return 0;
  });
  return found;
}

// Calls an operator through the dispatcher. Returns the number of results written, or -1. With capacity 0 the results are dropped (in-place operators).
ZOO_API int32_t zoo_op_call(const void* op, const zoo_value* args, int32_t nargs, zoo_value* results, int32_t capacity) {
#ifdef __x86_64__
  // The JIT leaves the upper halves of the vector registers dirty; libtorch's SSE code would pay 230-300 ns for that.
  if (has_avx) asm volatile("vzeroupper");
#endif
  return call(static_cast<const Op*>(op), args, nargs, results, capacity);
}

// ---- tensors ---------------------------------------------------------------------------------------------------------

ZOO_API void zoo_tensor_free(zoo_tensor t) {
  if (t) c10::intrusive_ptr<c10::TensorImpl, c10::UndefinedTensorImpl>::reclaim(impl(t));
}

// A second handle to the same tensor.
ZOO_API zoo_tensor zoo_tensor_share(zoo_tensor t) { return own(borrow(t)); }

// The zip file of libtorch's torch::save: what tensor.save of TorchSharp and PyTorch's C++ API write and read.
ZOO_API int32_t zoo_tensor_save(zoo_tensor t, const char* path) {
  return guarded([&]() -> int32_t {
    torch::save(borrow(t), std::string(path));
    return 0;
  });
}

ZOO_API zoo_tensor zoo_tensor_load(const char* path) {
  zoo_tensor loaded = nullptr;
  guarded([&]() -> int32_t {
    at::Tensor t;
    torch::load(t, std::string(path));
    if (!t.defined()) throw std::runtime_error(std::string(path) + " holds no tensor");
    loaded = own(std::move(t));
    return 0;
  });
  return loaded;
}

ZOO_API int32_t zoo_tensor_info(zoo_tensor h, zoo_info* info) {
  return guarded([&]() -> int32_t {
    const at::Tensor t = borrow(h);
    const bool strided = t.layout() == c10::kStrided;
    info->numel = t.numel();
    info->element_size = t.element_size();
    info->storage_offset = strided ? t.storage_offset() : 0;
    info->data = strided && t.has_storage() && t.device().type() != c10::kMeta ? t.data_ptr() : nullptr;
    info->ndim = static_cast<int32_t>(t.dim());
    info->dtype = static_cast<int32_t>(t.scalar_type());
    info->device_type = static_cast<int32_t>(t.device().type());
    info->device_index = t.device().index();
    info->requires_grad = t.requires_grad();
    info->is_leaf = t.is_leaf();
    info->is_contiguous = strided && t.is_contiguous();
    info->layout = static_cast<int32_t>(t.layout());
    return 0;
  });
}

// Sizes and strides, each ndim long (strides may be null).
ZOO_API int32_t zoo_tensor_shape(zoo_tensor h, int64_t* sizes, int64_t* strides) {
  return guarded([&]() -> int32_t {
    const at::Tensor t = borrow(h);
    std::copy(t.sizes().begin(), t.sizes().end(), sizes);
    if (strides) std::copy(t.strides().begin(), t.strides().end(), strides);
    return 0;
  });
}

// ---- autograd --------------------------------------------------------------------------------------------------------

ZOO_API int32_t zoo_backward(zoo_tensor const* roots, zoo_tensor const* grads, int64_t n, int32_t retain_graph, int32_t create_graph,
                             zoo_tensor const* inputs, int64_t ninputs) {
  return guarded([&]() -> int32_t {
    torch::autograd::backward(borrow_all(roots, n), grads ? borrow_all(grads, n) : std::vector<at::Tensor>(), retain_graph != 0, create_graph != 0,
                              borrow_all(inputs, ninputs));
    return 0;
  });
}

ZOO_API int32_t zoo_grad(zoo_tensor const* outputs, zoo_tensor const* grads, int64_t n, zoo_tensor const* inputs, int64_t ninputs, int32_t retain_graph,
                         int32_t create_graph, int32_t allow_unused, zoo_tensor* results) {
  return guarded([&]() -> int32_t {
    auto list = torch::autograd::grad(borrow_all(outputs, n), borrow_all(inputs, ninputs), grads ? borrow_all(grads, n) : std::vector<at::Tensor>(),
                                      retain_graph != 0, create_graph != 0, allow_unused != 0);
    for (size_t i = 0; i < list.size(); i++) results[i] = own(std::move(list[i]));
    return 0;
  });
}

ZOO_API zoo_tensor zoo_tensor_grad(zoo_tensor t) {
  zoo_tensor grad = nullptr;
  guarded([&]() -> int32_t {
    grad = own(borrow(t).grad());
    return 0;
  });
  return grad;
}

ZOO_API int32_t zoo_tensor_set_grad(zoo_tensor t, zoo_tensor grad) {
  return guarded([&]() -> int32_t {
    borrow(t).mutable_grad() = borrow(grad);
    return 0;
  });
}

ZOO_API int32_t zoo_tensor_set_requires_grad(zoo_tensor t, int32_t value) {
  return guarded([&]() -> int32_t {
    borrow(t).set_requires_grad(value != 0);
    return 0;
  });
}

ZOO_API int32_t zoo_tensor_retain_grad(zoo_tensor t) {
  return guarded([&]() -> int32_t {
    borrow(t).retain_grad();
    return 0;
  });
}

// Replaces the data of t by that of source, keeping its identity (Tensor.data = ...; used by Module.to).
ZOO_API int32_t zoo_tensor_set_data(zoo_tensor t, zoo_tensor source) {
  return guarded([&]() -> int32_t {
    borrow(t).set_data(borrow(source));
    return 0;
  });
}

// Both return the mode that was in force on this thread before.
ZOO_API int32_t zoo_grad_mode(int32_t enabled) {
  const bool before = at::GradMode::is_enabled();
  if (enabled >= 0) at::GradMode::set_enabled(enabled != 0);
  return before;
}

ZOO_API int32_t zoo_inference_mode_enabled() { return c10::InferenceMode::is_enabled(); }
ZOO_API void* zoo_inference_mode_enter(int32_t enabled) { return new c10::InferenceMode(enabled != 0); }
ZOO_API void zoo_inference_mode_leave(void* guard) { delete static_cast<c10::InferenceMode*>(guard); }

// ---- randomness ------------------------------------------------------------------------------------------------------

ZOO_API int32_t zoo_manual_seed(int64_t seed) {
  return guarded([&]() -> int32_t {
    at::manual_seed(static_cast<uint64_t>(seed));
    return 0;
  });
}

ZOO_API void* zoo_generator_new(int64_t seed) {
  void* generator = nullptr;
  guarded([&]() -> int32_t {
    generator = new at::Generator(at::make_generator<at::CPUGeneratorImpl>(static_cast<uint64_t>(seed)));
    return 0;
  });
  return generator;
}

ZOO_API void* zoo_generator_default() { return new at::Generator(at::globalContext().defaultGenerator(c10::Device(c10::kCPU))); }
ZOO_API void zoo_generator_free(void* g) { delete static_cast<at::Generator*>(g); }

ZOO_API int32_t zoo_generator_seed(void* g, int64_t seed) {
  return guarded([&]() -> int32_t {
    auto* generator = static_cast<at::Generator*>(g);
    std::lock_guard<std::mutex> lock(generator->mutex());
    generator->set_current_seed(static_cast<uint64_t>(seed));
    return 0;
  });
}

ZOO_API int64_t zoo_generator_initial_seed(void* g) { return static_cast<int64_t>(static_cast<at::Generator*>(g)->current_seed()); }

ZOO_API zoo_tensor zoo_generator_state(void* g) {
  zoo_tensor state = nullptr;
  guarded([&]() -> int32_t {
    state = own(static_cast<at::Generator*>(g)->get_state());
    return 0;
  });
  return state;
}

ZOO_API int32_t zoo_generator_set_state(void* g, zoo_tensor state) {
  return guarded([&]() -> int32_t {
    static_cast<at::Generator*>(g)->set_state(borrow(state));
    return 0;
  });
}

// ---- threads and devices -----------------------------------------------------------------------------------------------

ZOO_API int32_t zoo_set_num_threads(int32_t n) {
  return guarded([&]() -> int32_t {
    at::set_num_threads(n);
    // OpenBLAS keeps a pool of its own, which set_num_threads does not reach.
    using Set = void (*)(int);
    if (auto set = reinterpret_cast<Set>(dlsym(RTLD_DEFAULT, "openblas_set_num_threads"))) set(n);
    return 0;
  });
}

ZOO_API int32_t zoo_get_num_threads() { return at::get_num_threads(); }

ZOO_API int32_t zoo_set_num_interop_threads(int32_t n) {
  return guarded([&]() -> int32_t {
    at::set_num_interop_threads(n);
    return 0;
  });
}

ZOO_API int32_t zoo_get_num_interop_threads() { return at::get_num_interop_threads(); }

ZOO_API int32_t zoo_cuda_is_available() {
  return guarded([]() -> int32_t { return torch::cuda::is_available(); });
}
ZOO_API int32_t zoo_cuda_cudnn_is_available() {
  return guarded([]() -> int32_t { return torch::cuda::cudnn_is_available(); });
}
ZOO_API int32_t zoo_cuda_device_count() {
  return guarded([]() -> int32_t { return static_cast<int32_t>(torch::cuda::device_count()); });
}
ZOO_API int32_t zoo_cuda_synchronize(int64_t device) {
  return guarded([&]() -> int32_t {
    torch::cuda::synchronize(device);
    return 0;
  });
}
ZOO_API int32_t zoo_cuda_manual_seed(int64_t seed, int32_t all) {
  return guarded([&]() -> int32_t {
    all ? torch::cuda::manual_seed_all(static_cast<uint64_t>(seed)) : torch::cuda::manual_seed(static_cast<uint64_t>(seed));
    return 0;
  });
}
