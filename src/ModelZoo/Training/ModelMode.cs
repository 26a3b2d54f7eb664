using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Training;

/// <summary>Puts a model into train or eval mode for a while; <see cref="Dispose"/> puts every module back as it was.</summary>
internal sealed class ModelMode : IDisposable
{
    private readonly List<(nn.Module Module, bool Training)> before;

    private ModelMode(nn.Module model)
    {
        before = [(model, model.training), .. model.named_modules().Select(m => (m.module, m.module.training))];
    }

    public static ModelMode Eval(nn.Module model)
    {
        var mode = new ModelMode(model);
        model.eval();
        return mode;
    }

    /// <summary>
    /// What the options say; else the part that is trained (or all) in train mode, the rest in eval mode, and normalization layers whose parameters are all
    /// frozen in eval mode too: they keep their statistics.
    /// </summary>
    public static ModelMode Train(nn.Module model, TrainerOptions options)
    {
        var mode = new ModelMode(model);
        if (options.TrainMode is { } set)
        {
            set(model);
            return mode;
        }

        model.eval();
        (options.TrainOnly ?? model).train();
        foreach ((_, nn.Module module) in model.named_modules())
        {
            if (module is BatchNorm or InstanceNorm && module.parameters(recurse: false).Any() && module.parameters(recurse: false).All(p => !p.requires_grad))
            {
                module.eval();
            }
        }

        return mode;
    }

    public void Dispose()
    {
        // Parents first: setting a parent's mode sets its children's.
        foreach ((nn.Module module, bool training) in before)
        {
            module.train(training);
        }
    }
}
