using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>A source of pseudo-random numbers with a state of its own (CPU: a Mersenne Twister, as in PyTorch).</summary>
    public class Generator : IDisposable
    {
        private static Generator? defaultGenerator;
        private nint handle;

        public Generator(ulong seed = 0, Device? device = null)
        {
            if (device is { type: not DeviceType.CPU })
            {
                throw new ArgumentException($"A generator lives on the CPU here, not on {device}.", nameof(device));
            }

            Runtime.EnsureLoaded();
            handle = Native.Check(Native.zoo_generator_new((long)seed));
        }

        private Generator(nint handle) => this.handle = handle;

        ~Generator() => Dispose(false);

        public static Generator Default
        {
            get
            {
                Runtime.EnsureLoaded();
                return defaultGenerator ??= new Generator(Native.zoo_generator_default());
            }
        }

        public IntPtr Handle => handle != 0 ? handle : throw new InvalidOperationException("This generator has been disposed.");

        public Device device => CPU;

        public Tensor get_state() => new(Native.Check(Native.zoo_generator_state(Handle)));

        public void set_state(Tensor value)
        {
            Native.Check(Native.zoo_generator_set_state(Handle, value.Handle));
            GC.KeepAlive(value);
        }

        public Generator manual_seed(long seed)
        {
            Native.Check(Native.zoo_generator_seed(Handle, seed));
            return this;
        }

        /// <summary>Seeds from the operating system's randomness and returns the seed.</summary>
        public long seed()
        {
            long seed = Random.Shared.NextInt64();
            manual_seed(seed);
            return seed;
        }

        public long initial_seed() => Native.zoo_generator_initial_seed(Handle);

        public void Dispose()
        {
            Dispose(true);
            GC.SuppressFinalize(this);
        }

        protected virtual void Dispose(bool disposing)
        {
            nint h = Interlocked.Exchange(ref handle, 0);
            if (h == 0)
            {
                return;
            }

            if (disposing)
            {
                Native.zoo_generator_free(h);
            }
            else
            {
                Runtime.FreeFromFinalizer(h, Native.zoo_generator_free);
            }
        }
    }

    /// <summary>Seeds every default generator (CPU and, where there is one, CUDA).</summary>
    public static Generator manual_seed(long seed)
    {
        Runtime.EnsureLoaded();
        Native.Check(Native.zoo_manual_seed(seed));
        return Generator.Default;
    }

    public static long initial_seed() => Generator.Default.initial_seed();

    public static long seed() => random.seed();

    public static Tensor get_rng_state() => Generator.Default.get_state();

    public static void set_rng_state(Tensor new_state) => Generator.Default.set_state(new_state);

    /// <summary>The default generators.</summary>
    public static class random
    {
        public static Generator manual_seed(long seed) => torch.manual_seed(seed);

        public static long initial_seed() => Generator.Default.initial_seed();

        public static long seed()
        {
            long seed = Random.Shared.NextInt64();
            torch.manual_seed(seed);
            return seed;
        }

        public static Tensor get_rng_state() => Generator.Default.get_state();

        public static void set_rng_state(Tensor new_state) => Generator.Default.set_state(new_state);
    }
}
