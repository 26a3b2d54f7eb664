using System.Runtime.CompilerServices;
using static TorchSharp.torch.nn;

namespace TorchSharp.Modules;

/// <summary>
/// A row of modules of any kinds, for a derived class that knows how each one's outputs become the next one's inputs: it writes forward.
/// </summary>
public abstract class Sequential<T, TResult> : Module<T, TResult>
{
    protected Sequential(params (string name, Module submodule)[] modules) : base(nameof(Sequential))
    {
        foreach ((string name, Module m) in modules)
        {
            Add(name, m);
        }
    }

    protected Sequential(params Module[] modules) : base(nameof(Sequential))
    {
        foreach (Module m in modules)
        {
            Add(m);
        }
    }

    public int Count => Submodules.Count;

    [IndexerName("SequentialItems")]
    public Module this[int index] => Submodules[index].Module;

    [IndexerName("SequentialItems")]
    public Sequential<T, TResult> this[(int? start, int? end) index] => Slice(index.start ?? 0, index.end ?? Count);

    [IndexerName("SequentialItems")]
    public Sequential<T, TResult> this[Range index] => Slice(index.Start.GetOffset(Count), index.End.GetOffset(Count));

    public Sequential<T, TResult> append(string name, Module module)
    {
        Add(name, module);
        return this;
    }

    public Sequential<T, TResult> append(Module module)
    {
        Add(module);
        return this;
    }

    protected void Add(string name, Module sm) => AppendSubmodule(name, sm);

    protected void Add(Module module) => AppendSubmodule(Count.ToString(), module);

    /// <summary>The part of this row that an index asks for; the derived class makes it.</summary>
    protected virtual Sequential<T, TResult> Slice(int start, int end) =>
        throw new NotSupportedException($"{GetType().Name} does not say how to slice it.");
}

/// <inheritdoc cref="Sequential{T, TResult}"/>
public abstract class Sequential<T1, T2, TResult> : Module<T1, T2, TResult>
{
    protected Sequential(params (string name, Module submodule)[] modules) : base(nameof(Sequential))
    {
        foreach ((string name, Module m) in modules)
        {
            Add(name, m);
        }
    }

    protected Sequential(params Module[] modules) : base(nameof(Sequential))
    {
        foreach (Module m in modules)
        {
            Add(m);
        }
    }

    public int Count => Submodules.Count;

    [IndexerName("SequentialItems")]
    public Module this[int index] => Submodules[index].Module;

    [IndexerName("SequentialItems")]
    public Sequential<T1, T2, TResult> this[(int? start, int? end) index] => Slice(index.start ?? 0, index.end ?? Count);

    [IndexerName("SequentialItems")]
    public Sequential<T1, T2, TResult> this[Range index] => Slice(index.Start.GetOffset(Count), index.End.GetOffset(Count));

    public Sequential<T1, T2, TResult> append(string name, Module module)
    {
        Add(name, module);
        return this;
    }

    public Sequential<T1, T2, TResult> append(Module module)
    {
        Add(module);
        return this;
    }

    protected void Add(string name, Module sm) => AppendSubmodule(name, sm);

    protected void Add(Module module) => AppendSubmodule(Count.ToString(), module);

    /// <summary>The part of this row that an index asks for; the derived class makes it.</summary>
    protected virtual Sequential<T1, T2, TResult> Slice(int start, int end) =>
        throw new NotSupportedException($"{GetType().Name} does not say how to slice it.");
}

/// <inheritdoc cref="Sequential{T, TResult}"/>
public abstract class Sequential<T1, T2, T3, TResult> : Module<T1, T2, T3, TResult>
{
    protected Sequential(params (string name, Module submodule)[] modules) : base(nameof(Sequential))
    {
        foreach ((string name, Module m) in modules)
        {
            Add(name, m);
        }
    }

    protected Sequential(params Module[] modules) : base(nameof(Sequential))
    {
        foreach (Module m in modules)
        {
            Add(m);
        }
    }

    public int Count => Submodules.Count;

    [IndexerName("SequentialItems")]
    public Module this[int index] => Submodules[index].Module;

    [IndexerName("SequentialItems")]
    public Sequential<T1, T2, T3, TResult> this[(int? start, int? end) index] => Slice(index.start ?? 0, index.end ?? Count);

    [IndexerName("SequentialItems")]
    public Sequential<T1, T2, T3, TResult> this[Range index] => Slice(index.Start.GetOffset(Count), index.End.GetOffset(Count));

    public Sequential<T1, T2, T3, TResult> append(string name, Module module)
    {
        Add(name, module);
        return this;
    }

    public Sequential<T1, T2, T3, TResult> append(Module module)
    {
        Add(module);
        return this;
    }

    protected void Add(string name, Module sm) => AppendSubmodule(name, sm);

    protected void Add(Module module) => AppendSubmodule(Count.ToString(), module);

    /// <summary>The part of this row that an index asks for; the derived class makes it.</summary>
    protected virtual Sequential<T1, T2, T3, TResult> Slice(int start, int end) =>
        throw new NotSupportedException($"{GetType().Name} does not say how to slice it.");
}
