using static TorchSharp.torch;
using static TorchSharp.torch.optim;

namespace TorchSharp.Modules;

/// <summary>Parameter groups, per-parameter state, and their saving and loading, for all optimisers here.</summary>
public abstract class OptimizerHelper : Optimizer
{
    private readonly List<(ParamGroup Group, Parameter[] Parameters, OptimizerState[] States)> entries = [];

    public OptimizerHelper() : base(IntPtr.Zero)
    {
    }

    /// <summary>Sets the state to a group's defaults; a derived class adds its own.</summary>
    public override void add_param_group(ParamGroup param_group) => throw new NotSupportedException($"{GetType().Name} has no parameter groups.");

    public override IEnumerable<Parameter> parameters() => entries.SelectMany(static e => e.Parameters);

    public virtual StateDictionary state_dict()
    {
        var dict = new StateDictionary();
        foreach ((ParamGroup group, _, OptimizerState[] states) in entries)
        {
            dict.Options.Add(group.Options);
            dict.StateIndexRef.Add([.. Enumerable.Range(dict.State.Count, states.Length)]);
            dict.State.AddRange(states);
        }

        return dict;
    }

    /// <exception cref="ArgumentException">The dictionary is another optimiser's, or has other groups or another number of parameters.</exception>
    public virtual void load_state_dict(StateDictionary state_dict)
    {
        StateDictionary own = this.state_dict();
        RequireSameSize(own, state_dict.Options.Count, state_dict.State.Count);
        foreach ((OptimizerOptions to, OptimizerOptions from) in own.Options.Zip(state_dict.Options))
        {
            to.LoadStateDict(from);
        }

        foreach ((OptimizerState to, OptimizerState from) in own.State.Zip(state_dict.State))
        {
            to.LoadStateDict(from);
        }
    }

    public void save_state_dict(string location)
    {
        using var writer = new BinaryWriter(File.Create(location));
        save_state_dict(writer);
    }

    public void save_state_dict(BinaryWriter writer)
    {
        StateDictionary own = state_dict();
        writer.Write(GetType().Name);
        writer.Write7BitEncodedInt(own.Options.Count);
        writer.Write7BitEncodedInt(own.State.Count);
        own.Options.ForEach(o => o.SaveStateDict(writer));
        own.State.ForEach(s => s.SaveStateDict(writer));
    }

    public void load_state_dict(string location)
    {
        using var reader = new BinaryReader(File.OpenRead(location));
        load_state_dict(reader);
    }

    /// <exception cref="InvalidDataException">The file is another optimiser's.</exception>
    /// <exception cref="ArgumentException">The file has other groups or another number of parameters.</exception>
    public void load_state_dict(BinaryReader reader)
    {
        string name = reader.ReadString();
        if (name != GetType().Name)
        {
            throw new InvalidDataException($"This is the state of '{name}', not of '{GetType().Name}'.");
        }

        StateDictionary own = state_dict();
        RequireSameSize(own, reader.Read7BitEncodedInt(), reader.Read7BitEncodedInt());
        own.Options.ForEach(o => o.LoadStateDict(reader));
        own.State.ForEach(s => s.LoadStateDict(reader));
    }

    /// <summary>Moves the state, not the parameters.</summary>
    public void to(Device device)
    {
        foreach (OptimizerState state in entries.SelectMany(static e => e.States))
        {
            state.to(device);
        }
    }

    public override void zero_grad() => base.zero_grad();

    /// <summary>Runs the closure with gradients, then the body for each group without.</summary>
    protected Tensor _step<T>(Action<T> body, Func<Tensor>? loss_closure = null) where T : ParamGroup
    {
        Tensor? loss = null;
        if (loss_closure is not null)
        {
            using IDisposable recording = enable_grad();
            loss = loss_closure();
        }

        using IDisposable _ = no_grad();
        foreach (ParamGroup group in Groups)
        {
            body((T)group);
        }

        return loss!;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            foreach (OptimizerState state in entries.SelectMany(static e => e.States))
            {
                state.DisposeTensors();
            }
        }

        base.Dispose(disposing);
    }

    internal void Add<TOptions>(ParamGroup group, TOptions defaults, Func<Parameter, OptimizerState> newState) where TOptions : OptimizerOptions, new()
    {
        Parameter[] members = [.. group.Parameters.Distinct(ReferenceEqualityComparer.Instance).Cast<Parameter>()];
        if (entries.Exists(e => e.Parameters.Intersect(members, ReferenceEqualityComparer.Instance).Any()))
        {
            throw new ArgumentException("A parameter is already in another group of this optimiser.", nameof(group));
        }

        group.Options ??= new TOptions();
        group.Options.Complete(defaults);
        OptimizerState[] states = Array.ConvertAll(members, p => newState(p));
        Array.ForEach(states, s => s.Initialize(group.Options));
        Groups.Add(group);
        entries.Add((group, members, states));
    }

    /// <summary>The group's parameters that have a gradient, for this step.</summary>
    internal Batch<TState> Collect<TState>(ParamGroup group, bool? maximize, double? weightDecay) where TState : OptimizerState
    {
        (_, Parameter[] parameters, OptimizerState[] states) = entries.Find(e => ReferenceEquals(e.Group, group));
        var live = new Tensor[parameters.Length];
        var gradients = new Tensor[parameters.Length];
        var liveStates = new TState[parameters.Length];
        int n = 0;
        for (int i = 0; i < parameters.Length; i++)
        {
            if (parameters[i].grad is { } g)
            {
                live[n] = parameters[i];
                gradients[n] = g;
                liveStates[n++] = (TState)states[i];
            }
        }

        if (n < parameters.Length)
        {
            Array.Resize(ref live, n);
            Array.Resize(ref gradients, n);
            Array.Resize(ref liveStates, n);
        }

        if (n > 0 && maximize == true)
        {
            gradients = Replace(gradients, Foreach.Neg(gradients));
        }

        if (n > 0 && weightDecay is { } decay && decay != 0)
        {
            gradients = Replace(gradients, Foreach.Add(gradients, live, decay));
        }

        return new Batch<TState>(live, gradients, liveStates);
    }

    internal static IEnumerable<Parameter> Unnamed(IEnumerable<(string, Parameter)> parameters) => parameters.Select(static p => p.Item2);

    private static Tensor[] Replace(Tensor[] old, Tensor[] next)
    {
        Foreach.Dispose(old);
        return next;
    }

    private static void RequireSameSize(StateDictionary own, int groups, int states)
    {
        if (groups != own.Options.Count || states != own.State.Count)
        {
            throw new ArgumentException(
                $"The state is of {groups} groups with {states} parameters; this optimiser has {own.Options.Count} with {own.State.Count}.");
        }
    }
}
