using static TorchSharp.torch;

namespace ModelZoo.Verification;

/// <summary>The default generator of the CPU seeded for a while; on disposal it goes on where it was.</summary>
internal sealed class GeneratorScope : IDisposable
{
    private readonly Tensor state;

    public GeneratorScope(long seed)
    {
        state = random.get_rng_state().DetachFromDisposeScope();
        manual_seed(seed);
    }

    public void Dispose()
    {
        random.set_rng_state(state);
        state.Dispose();
    }
}
