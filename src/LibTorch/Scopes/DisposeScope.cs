using static TorchSharp.torch;

namespace TorchSharp;

/// <summary>
/// Owns the tensors made on its thread while it is the innermost open scope, and disposes them when it is disposed.
/// <see cref="MoveToOuter{T}"/> hands a result to the enclosing scope, <see cref="Detach{T}"/> to the caller and the finalizer.
/// </summary>
public sealed class DisposeScope : IDisposable
{
    private readonly DisposeScopeManager manager;
    private readonly DisposeScope? outer;
    private HashSet<IDisposable> owned = new(ReferenceEqualityComparer.Instance);

    internal DisposeScope(DisposeScopeManager manager, DisposeScope? outer)
    {
        this.manager = manager;
        this.outer = outer;
    }

    public int DisposablesCount => owned.Count;

    public IReadOnlyList<IDisposable> DisposablesView => [.. owned];

    public bool Contains(IDisposable disposable) => owned.Contains(disposable);

    public T MoveToOuter<T>(T disposable) where T : IDisposable
    {
        Move(disposable, outer);
        return disposable;
    }

    public (T1 first, T2 second) MoveToOuter<T1, T2>(T1 first, T2 second) where T1 : IDisposable where T2 : IDisposable =>
        (MoveToOuter(first), MoveToOuter(second));

    public (T1 first, T2 second, T3 third) MoveToOuter<T1, T2, T3>(T1 first, T2 second, T3 third)
        where T1 : IDisposable where T2 : IDisposable where T3 : IDisposable =>
        (MoveToOuter(first), MoveToOuter(second), MoveToOuter(third));

    public void MoveToOuter(params IDisposable[] disposables) => MoveToOuter((IEnumerable<IDisposable>)disposables);

    public void MoveToOuter(IEnumerable<IDisposable> disposables)
    {
        foreach (IDisposable d in disposables)
        {
            Move(d, outer);
        }
    }

    public T MoveToOther<T>(DisposeScope? scope, T disposable) where T : IDisposable
    {
        Move(disposable, scope);
        return disposable;
    }

    public (T1 first, T2 second) MoveToOther<T1, T2>(DisposeScope? scope, T1 first, T2 second) where T1 : IDisposable where T2 : IDisposable =>
        (MoveToOther(scope, first), MoveToOther(scope, second));

    public (T1 first, T2 second, T3 third) MoveToOther<T1, T2, T3>(DisposeScope? scope, T1 first, T2 second, T3 third)
        where T1 : IDisposable where T2 : IDisposable where T3 : IDisposable =>
        (MoveToOther(scope, first), MoveToOther(scope, second), MoveToOther(scope, third));

    public void MoveToOther(DisposeScope? scope, params IDisposable[] disposables) => MoveToOther(scope, (IEnumerable<IDisposable>)disposables);

    public void MoveToOther(DisposeScope? scope, IEnumerable<IDisposable> disposables)
    {
        foreach (IDisposable d in disposables)
        {
            Move(d, scope);
        }
    }

    public T Detach<T>(T disposable) where T : IDisposable => MoveToOther(null, disposable);

    public (T1 first, T2 second) Detach<T1, T2>(T1 first, T2 second) where T1 : IDisposable where T2 : IDisposable => (Detach(first), Detach(second));

    public (T1 first, T2 second, T3 third) Detach<T1, T2, T3>(T1 first, T2 second, T3 third)
        where T1 : IDisposable where T2 : IDisposable where T3 : IDisposable => (Detach(first), Detach(second), Detach(third));

    public void Detach(params IDisposable[] disposables) => MoveToOther(null, disposables);

    public void Detach(IEnumerable<IDisposable> disposables) => MoveToOther(null, disposables);

    public void Attach(IDisposable disposable)
    {
        if (disposable is Tensor t)
        {
            t.OwningScope?.Remove(t);
            t.OwningScope = this;
            manager.ThreadStatistics.TensorStatistics.AttachedToScopeCount++;
        }

        owned.Add(disposable);
    }

    public void Attach(params IDisposable[] disposables) => Attach((IEnumerable<IDisposable>)disposables);

    public IReadOnlyList<IDisposable> Attach(IEnumerable<IDisposable> disposables)
    {
        List<IDisposable> list = [.. disposables];
        list.ForEach(Attach);
        return list;
    }

    public void DisposeEverything() => DisposeEverythingBut(Array.Empty<IDisposable>());

    public void DisposeEverythingBut(IEnumerable<IDisposable> inKeep)
    {
        HashSet<IDisposable> keep = new(inKeep, ReferenceEqualityComparer.Instance);
        HashSet<IDisposable> all = owned;
        owned = new(ReferenceEqualityComparer.Instance);
        foreach (IDisposable d in all)
        {
            if (keep.Contains(d))
            {
                owned.Add(d);
            }
            else
            {
                d.Dispose();
            }
        }
    }

    public void DisposeEverythingBut(params IDisposable[] keep) => DisposeEverythingBut((IEnumerable<IDisposable>)keep);

    public T DisposeEverythingBut<T>(T keep) where T : IDisposable
    {
        DisposeEverythingBut((IEnumerable<IDisposable>)[keep]);
        return keep;
    }

    public (T1 first, T2 second) DisposeEverythingBut<T1, T2>(T1 first, T2 second) where T1 : IDisposable where T2 : IDisposable
    {
        DisposeEverythingBut((IEnumerable<IDisposable>)[first, second]);
        return (first, second);
    }

    public (T1 first, T2 second, T3 third) DisposeEverythingBut<T1, T2, T3>(T1 first, T2 second, T3 third)
        where T1 : IDisposable where T2 : IDisposable where T3 : IDisposable
    {
        DisposeEverythingBut((IEnumerable<IDisposable>)[first, second, third]);
        return (first, second, third);
    }

    /// <summary>Forgets a disposable that somebody else has disposed.</summary>
    public void MarkAsDisposed(IDisposable disposable)
    {
        owned.Remove(disposable);
        manager.ThreadStatistics.TensorStatistics.DisposedInScopeCount++;
    }

    public void Dispose()
    {
        DisposeEverything();
        manager.Close(this);
    }

    internal void Add(IDisposable tensor) => owned.Add(tensor);

    internal bool Remove(IDisposable tensor) => owned.Remove(tensor);

    private void Move(IDisposable? disposable, DisposeScope? target)
    {
        if (disposable is null)
        {
            return;
        }

        owned.Remove(disposable);
        if (disposable is Tensor t)
        {
            t.OwningScope?.Remove(t);
            t.OwningScope = target;
        }

        if (target is null)
        {
            manager.ThreadStatistics.TensorStatistics.DetachedFromScopeCount++;
        }
        else
        {
            target.owned.Add(disposable);
        }
    }
}
