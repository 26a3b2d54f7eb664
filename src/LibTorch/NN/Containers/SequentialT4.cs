using System.Runtime.CompilerServices;
using static TorchSharp.torch.nn;

namespace TorchSharp.Modules;

/// <inheritdoc cref="Sequential{T, TResult}"/>
public abstract class Sequential<T1, T2, T3, T4, TResult> : Module<T1, T2, T3, T4, TResult>
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
    public Sequential<T1, T2, T3, T4, TResult> this[(int? start, int? end) index] => Slice(index.start ?? 0, index.end ?? Count);

    [IndexerName("SequentialItems")]
    public Sequential<T1, T2, T3, T4, TResult> this[Range index] => Slice(index.Start.GetOffset(Count), index.End.GetOffset(Count));

    public Sequential<T1, T2, T3, T4, TResult> append(string name, Module module)
    {
        Add(name, module);
        return this;
    }

    public Sequential<T1, T2, T3, T4, TResult> append(Module module)
    {
        Add(module);
        return this;
    }

    protected void Add(string name, Module sm) => AppendSubmodule(name, sm);

    protected void Add(Module module) => AppendSubmodule(Count.ToString(), module);

    /// <summary>The part of this row that an index asks for; the derived class makes it.</summary>
    protected virtual Sequential<T1, T2, T3, T4, TResult> Slice(int start, int end) =>
        throw new NotSupportedException($"{GetType().Name} does not say how to slice it.");
}

/// <inheritdoc cref="Sequential{T, TResult}"/>
public abstract class Sequential<T1, T2, T3, T4, T5, TResult> : Module<T1, T2, T3, T4, T5, TResult>
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
    public Sequential<T1, T2, T3, T4, T5, TResult> this[(int? start, int? end) index] => Slice(index.start ?? 0, index.end ?? Count);

    [IndexerName("SequentialItems")]
    public Sequential<T1, T2, T3, T4, T5, TResult> this[Range index] => Slice(index.Start.GetOffset(Count), index.End.GetOffset(Count));

    public Sequential<T1, T2, T3, T4, T5, TResult> append(string name, Module module)
    {
        Add(name, module);
        return this;
    }

    public Sequential<T1, T2, T3, T4, T5, TResult> append(Module module)
    {
        Add(module);
        return this;
    }

    protected void Add(string name, Module sm) => AppendSubmodule(name, sm);

    protected void Add(Module module) => AppendSubmodule(Count.ToString(), module);

    /// <summary>The part of this row that an index asks for; the derived class makes it.</summary>
    protected virtual Sequential<T1, T2, T3, T4, T5, TResult> Slice(int start, int end) =>
        throw new NotSupportedException($"{GetType().Name} does not say how to slice it.");
}

/// <inheritdoc cref="Sequential{T, TResult}"/>
public abstract class Sequential<T1, T2, T3, T4, T5, T6, TResult> : Module<T1, T2, T3, T4, T5, T6, TResult>
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
    public Sequential<T1, T2, T3, T4, T5, T6, TResult> this[(int? start, int? end) index] => Slice(index.start ?? 0, index.end ?? Count);

    [IndexerName("SequentialItems")]
    public Sequential<T1, T2, T3, T4, T5, T6, TResult> this[Range index] => Slice(index.Start.GetOffset(Count), index.End.GetOffset(Count));

    public Sequential<T1, T2, T3, T4, T5, T6, TResult> append(string name, Module module)
    {
        Add(name, module);
        return this;
    }

    public Sequential<T1, T2, T3, T4, T5, T6, TResult> append(Module module)
    {
        Add(module);
        return this;
    }

    protected void Add(string name, Module sm) => AppendSubmodule(name, sm);

    protected void Add(Module module) => AppendSubmodule(Count.ToString(), module);

    /// <summary>The part of this row that an index asks for; the derived class makes it.</summary>
    protected virtual Sequential<T1, T2, T3, T4, T5, T6, TResult> Slice(int start, int end) =>
        throw new NotSupportedException($"{GetType().Name} does not say how to slice it.");
}
