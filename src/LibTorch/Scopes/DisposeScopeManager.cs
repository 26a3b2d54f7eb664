namespace TorchSharp;

public static partial class torch
{
    /// <summary>
    /// Opens a scope on this thread: tensors made on this thread belong to the innermost open scope and are disposed with it,
    /// unless they are moved out or detached.
    /// </summary>
    public static DisposeScope NewDisposeScope() => DisposeScopeManager.Current.Open();

    /// <summary>The innermost open scope of this thread, or null.</summary>
    public static DisposeScope? CurrentDisposeScope => DisposeScopeManager.Current.Innermost;
}

/// <summary>The stack of open scopes of each thread, and its statistics.</summary>
public class DisposeScopeManager
{
    [ThreadStatic] private static DisposeScopeManager? current;
    private readonly Stack<DisposeScope> scopes = new();

    internal static DisposeScopeManager Current => current ??= new DisposeScopeManager();

    public static ThreadDisposeScopeStatistics Statistics => Current.ThreadStatistics;

    internal ThreadDisposeScopeStatistics ThreadStatistics { get; } = new();

    internal DisposeScope? Innermost { get; private set; }

    internal DisposeScope Open()
    {
        var scope = new DisposeScope(this, Innermost);
        scopes.Push(scope);
        return Innermost = scope;
    }

    /// <summary>Closes a scope and, where the caller forgot some, those opened inside it.</summary>
    internal void Close(DisposeScope scope)
    {
        if (!scopes.Contains(scope))
        {
            return;
        }

        while (scopes.Pop() != scope)
        {
        }

        Innermost = scopes.TryPeek(out DisposeScope? outer) ? outer : null;
    }

    internal static DisposeScope? RegisterNew(IDisposable tensor)
    {
        DisposeScopeManager manager = Current;
        DisposeScope? scope = manager.Innermost;
        if (scope is null)
        {
            manager.ThreadStatistics.TensorStatistics.CreatedOutsideScopeCount++;
            return null;
        }

        manager.ThreadStatistics.TensorStatistics.CreatedInScopeCount++;
        scope.Add(tensor);
        return scope;
    }
}
