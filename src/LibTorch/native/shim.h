// The C ABI between src/LibTorch and libtorch: fixed-width types only, and no exception ever crosses it.
// A function that can fail returns a negative number and leaves its message in zoo_error() (per thread).
#pragma once
#include <cstdint>

#define ZOO_API extern "C" __attribute__((visibility("default")))

// A tensor handle is an owned c10::TensorImpl*; zoo_tensor_free gives it back.
typedef void* zoo_tensor;

enum zoo_tag : int32_t {
  ZOO_NONE = 0,
  ZOO_TENSOR = 1,       // p: zoo_tensor
  ZOO_INT = 2,          // i
  ZOO_DOUBLE = 3,       // d
  ZOO_BOOL = 4,         // i
  ZOO_INTS = 5,         // p: const int64_t*, n of them
  ZOO_DOUBLES = 6,      // p: const double*, n of them
  ZOO_TENSORS = 7,      // p: zoo_tensor const*, n of them (a null entry is an undefined tensor); as a result: malloc'ed, see zoo_free
  ZOO_STRING = 8,       // p: UTF-8, n bytes
  ZOO_GENERATOR = 9,    // p: from zoo_generator_new
  ZOO_DEVICE = 10,      // i: type in the low 32 bits, index (or -1) in the high
};

// 16 bytes. In a ZOO_TENSOR result, n is the size in KiB of freshly allocated storage (0 for a view), for the caller's own accounting.
struct zoo_value {
  union {
    int64_t i;
    double d;
    void* p;
  };
  int32_t tag;
  int32_t n;
};

struct zoo_info {
  int64_t numel, element_size, storage_offset;
  void* data;
  int32_t ndim, dtype, device_type, device_index;
  int32_t requires_grad, is_leaf, is_contiguous, layout;
};
