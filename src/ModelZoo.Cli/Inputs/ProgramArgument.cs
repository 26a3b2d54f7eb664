using System.CommandLine;
using ModelZoo.Inference;
using ModelZoo.Registry;
using ModelZoo.Weights;

namespace ModelZoo.Cli.Inputs;

/// <summary>For commands that only run a model: a TorchScript program or an AOTInductor package in its place, where its user says that it may run.</summary>
internal sealed class ProgramArgument
{
    private const string Flag = "--run-program";

    private readonly Option<bool> run = new(Flag)
    {
        Description = "Run a TorchScript file (.pt) or an AOTInductor package (.pt2). It is a program, which can do what you can do: only from somebody you "
            + "trust",
    };

    private readonly Option<string?> labels = LabelsArgument.Create(" of such a file,");

    internal void AddTo(Command command)
    {
        command.Add(run);
        command.Add(labels);
    }

    /// <summary>Opens a model; a program only where it may run.</summary>
    /// <exception cref="UsageException">It is a program and may not, or the flags are for one and it is none.</exception>
    internal ResolvedModel Resolve(Session session, ParseResult parsed, string spec, WeightsChoice weights)
    {
        (bool may, string? names) = (parsed.GetValue(run), parsed.GetValue(labels));
        bool package = InductorPackage.IsOne(spec);
        if (!package && !TorchScriptModel.IsOne(spec))
        {
            return may || names is not null
                ? throw new UsageException($"{spec}: is neither a TorchScript program nor an AOTInductor package; {(may ? Flag : "--labels")} is for those. "
                    + "Leave it out.")
                : ModelArgument.Resolve(session, spec, weights);
        }

        string what = package ? "an AOTInductor package" : "a TorchScript program";
        if (!may)
        {
            throw new UsageException($"{spec}: is {what}, and whoever runs it lets it do what it says, such as writing files. If you trust where it comes "
                + $"from, add {Flag}; its classes get names by --labels, its input a size by --size.");
        }

        if (weights.File is not null || weights.Load != new LoadOptions())
        {
            throw new UsageException($"{spec}: {what} brings its own weights; leave out --weights, --prefix, --reinit-head, --non-strict and --stem.");
        }

        ResolvedModel resolved = package
            ? Package(session, spec, LabelsArgument.Read(names), weights.Change)
            : Script(session, spec, LabelsArgument.Read(names), weights.Change);
        foreach (string remark in resolved.Loading!.Notes)
        {
            session.Say($"{spec}: {remark}");
        }

        return resolved;
    }

    private static ResolvedModel Script(Session session, string spec, string[]? labels, Func<ModelOptions, ModelOptions> change)
    {
        ProgramProbe.MustLoad(spec, change);
        return TorchScriptModel.Load(spec, labels, change, session.Device);
    }

    private static ResolvedModel Package(Session session, string spec, string[]? labels, Func<ModelOptions, ModelOptions> change)
    {
        int? batch = ProgramProbe.MustRun(spec, change, session.Device.ToString());
        return InductorPackage.Load(spec, labels, change, batch, session.Device);
    }
}
