using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Inference;

/// <summary>
/// AOTInductor packages as PyTorch 2.10 lays them out, with a library that gcc compiles: it has the C interface of
/// torch/csrc/inductor/aoti_runtime/interface.h, uses libtorch's C functions, and checks its input in the words of torch/_inductor/codegen/cpp_wrapper_cpu.py.
/// </summary>
internal static class InductorPackages
{
    // logits[k] = k + sum over c of (k + 1)(c + 1) mean[c], where mean[c] is that of channel c.
    private const string Source = """
        #include <stddef.h>
        #include <stdint.h>
        #include <stdio.h>
        #include <stdlib.h>
        typedef void* Handle;
        int32_t aoti_torch_get_data_ptr(Handle, void**);
        int32_t aoti_torch_get_dim(Handle, int64_t*);
        int32_t aoti_torch_get_sizes(Handle, int64_t**);
        int32_t aoti_torch_get_dtype(Handle, int32_t*);
        int32_t aoti_torch_empty_strided(int64_t, const int64_t*, const int64_t*, int32_t, int32_t, int32_t, Handle*);
        int32_t aoti_torch_delete_tensor_object(Handle);
        int32_t aoti_torch_dtype_float32(void);
        int32_t aoti_torch_device_type_cpu(void);
        static int model;
        int32_t AOTInductorModelContainerCreateWithDevice(Handle* c, size_t models, const char* device, const char* folder) { *c = &model; return 0; }
        int32_t AOTInductorModelContainerDelete(Handle c) { return c != &model; }
        int32_t AOTInductorModelContainerGetNumConstants(Handle c, size_t* n) { *n = 0; return 0; }
        int32_t AOTInductorModelContainerGetConstantName(Handle c, size_t i, const char** name) { return 1; }
        int32_t AOTInductorModelContainerGetConstantOriginalFQN(Handle c, size_t i, const char** name) { return 1; }
        int32_t AOTInductorModelContainerGetConstantFromFolded(Handle c, size_t i, _Bool* folded) { return 1; }
        int32_t AOTInductorModelContainerGetConstantType(Handle c, size_t i, int32_t* type) { return 1; }
        int32_t AOTInductorModelContainerGetConstantDtype(Handle c, size_t i, int32_t* type) { return 1; }
        int32_t AOTInductorModelContainerGetConstantDataSize(Handle c, size_t i, size_t* size) { return 1; }
        int32_t AOTInductorModelContainerGetConstantsBlobSize(Handle c, uint64_t* size) { *size = 0; return 0; }
        int32_t AOTInductorModelContainerExtractConstantsMap(Handle c, Handle map, _Bool inactive) { return 1; }
        int32_t AOTInductorModelContainerUpdateConstantBuffer(Handle c, Handle map, _Bool inactive, _Bool full) { return 1; }
        int32_t AOTInductorModelContainerUpdateUserManagedConstantBuffer(Handle c, Handle map, _Bool inactive, _Bool full) { return 1; }
        int32_t AOTInductorModelContainerUpdateInactiveConstantBuffer(Handle c, Handle map) { return 1; }
        int32_t AOTInductorModelContainerFreeInactiveConstantBuffer(Handle c) { return 1; }
        int32_t AOTInductorModelContainerRunConstantFolding(Handle c, _Bool inactive, Handle stream, Handle proxy) { return 1; }
        int32_t AOTInductorModelContainerSwapConstantBuffer(Handle c) { return 1; }
        int32_t AOTInductorModelUpdateConstantsFromBlob(Handle c, const uint8_t* weights) { return 1; }
        int32_t AOTInductorModelContainerGetNumInputs(Handle c, size_t* n) { *n = 1; return 0; }
        int32_t AOTInductorModelContainerGetInputName(Handle c, size_t i, const char** name) { *name = "x"; return 0; }
        int32_t AOTInductorModelContainerGetNumOutputs(Handle c, size_t* n) { *n = OUTPUTS; return 0; }
        int32_t AOTInductorModelContainerGetOutputName(Handle c, size_t i, const char** name) { *name = "logits"; return 0; }
        int32_t AOTInductorModelContainerGetCallSpec(Handle c, const char** in, const char** out) { *in = *out = ""; return 0; }
        static int differs(const int64_t* sizes) {
            static const int64_t expected[] = { BATCH, 3, SIDE, SIDE };
            const char* check = getenv("AOTI_RUNTIME_CHECK_INPUTS");
            for (int d = 0; d < 4 && check && check[0] != '0'; d++)
                if (expected[d] && expected[d] != sizes[d]) {
                    fprintf(stderr, "Error: input_handles[0]: unmatched dim value at %d, expected: %d, but got: %d\n\n", d, (int)expected[d], (int)sizes[d]);
                    return 1;
                }
            return 0;
        }
        int32_t AOTInductorModelContainerRun(Handle c, Handle* inputs, size_t n, Handle* outputs, size_t m, Handle stream, Handle proxy) {
            int64_t* sizes, strides[] = { 4, 1 };
            float *x, *y;
            if (ABORTS) abort();
            if (n != 1 || m != OUTPUTS || aoti_torch_get_sizes(inputs[0], &sizes) || differs(sizes) || aoti_torch_get_data_ptr(inputs[0], (void**)&x)) return 1;
            int64_t shape[] = { sizes[0], 4 };
            for (size_t o = 0; o < m; o++) {
                if (aoti_torch_empty_strided(2, shape, strides, aoti_torch_dtype_float32(), aoti_torch_device_type_cpu(), 0, &outputs[o])) return 1;
                if (aoti_torch_get_data_ptr(outputs[o], (void**)&y)) return 1;
                for (int64_t i = 0; i < sizes[0]; i++)
                    for (int k = 0; k < 4; k++) {
                        double sum = 0;
                        for (int64_t p = 0, plane = sizes[2] * sizes[3]; p < 3 * plane; p++)
                            sum += (p / plane + 1) * (double)x[i * 3 * plane + p] / plane;
                        y[i * 4 + k] = k + (k + 1) * sum;
                    }
            }
            return aoti_torch_delete_tensor_object(inputs[0]);
        }
        int32_t AOTInductorModelContainerRunSingleThreaded(Handle c, Handle* inputs, size_t n, Handle* outputs, size_t m, Handle stream, Handle proxy) {
            return AOTInductorModelContainerRun(c, inputs, n, outputs, m, stream, proxy);
        }
        """;

    /// <summary>Compiles and writes a package that gives four logits for images of three channels.</summary>
    /// <param name="path">The package.</param>
    /// <param name="batch">The images that it takes at once; 0 for any number.</param>
    /// <param name="side">Their height and width; 0 for any.</param>
    /// <param name="outputs">How often it gives the logits.</param>
    /// <param name="aborts">Whether it ends the process when it is run.</param>
    /// <param name="device">What its metadata say that it was compiled for.</param>
    public static void Write(string path, int batch = 0, int side = 0, int outputs = 1, bool aborts = false, string device = "cpu")
    {
        string source = $"{path}.c", library = $"{path}.so";
        File.WriteAllText(source, Source);
        zeros(1).Dispose(); // now libtorch is loaded, and says where it lies
        using var self = Process.GetCurrentProcess();
        string torch = self.Modules.Cast<ProcessModule>().First(m => m.ModuleName == "libtorch_cpu.so").FileName;
        string[] macros = [.. new[] { ("BATCH", batch), ("SIDE", side), ("OUTPUTS", outputs), ("ABORTS", aborts ? 1 : 0) }
            .Select(m => string.Create(CultureInfo.InvariantCulture, $"-D{m.Item1}={m.Item2}"))];
        string[] arguments = ["-O1", "-shared", "-fPIC", "-o", library, source, .. macros, torch, "-Wl,--allow-shlib-undefined"];
        using (Process gcc = Process.Start(new ProcessStartInfo("gcc", arguments) { RedirectStandardError = true })!)
        {
            string errors = gcc.StandardError.ReadToEnd();
            gcc.WaitForExit();
            if (gcc.ExitCode != 0)
            {
                throw new InvalidOperationException($"gcc ended with {gcc.ExitCode}: {errors}");
            }
        }

        using ZipArchive archive = ZipFile.Open(path, ZipArchiveMode.Create);
        Add("archive_format", "pt2"u8.ToArray());
        Add("archive_version", "0"u8.ToArray());
        Add("data/aotinductor/model/net.wrapper.cpp", File.ReadAllBytes(source)); // by its name libtorch finds the metadata
        Add("data/aotinductor/model/net.wrapper.so", File.ReadAllBytes(library));
        Add("data/aotinductor/model/net.wrapper_metadata.json", System.Text.Encoding.UTF8.GetBytes($$"""{"AOTI_DEVICE_KEY": "{{device}}"}"""));
        Add("version", "3\n"u8.ToArray());
        File.Delete(source);
        File.Delete(library);

        void Add(string name, byte[] bytes)
        {
            using Stream stream = archive.CreateEntry($"net/{name}", CompressionLevel.NoCompression).Open();
            stream.Write(bytes);
        }
    }
}
