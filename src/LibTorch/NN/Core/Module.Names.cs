using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public partial class Module
        {
            /// <summary>The direct submodules.</summary>
            public virtual IEnumerable<Module> children() => named_children().Select(static m => m.module);

            /// <summary>The direct submodules with their names, in order of registration.</summary>
            public virtual IEnumerable<(string name, Module module)> named_children()
            {
                foreach ((string n, Module m) in submodules)
                {
                    yield return (n, m);
                }
            }

            /// <summary>All submodules, without this module itself.</summary>
            public virtual IEnumerable<Module> modules() => named_modules().Select(static m => m.module);

            /// <summary>
            /// All submodules with their dotted names, without this module itself: first the direct ones, then what is in each of them.
            /// (PyTorch lists each module right before its own.)
            /// </summary>
            public virtual IEnumerable<(string name, Module module)> named_modules()
            {
                foreach ((string n, Module m) in submodules)
                {
                    yield return (n, m);
                }

                foreach ((string n, Module m) in submodules)
                {
                    foreach ((string inner, Module deep) in m.named_modules())
                    {
                        yield return ($"{n}.{inner}", deep);
                    }
                }
            }

            public virtual IEnumerable<Parameter> parameters(bool recurse = true) => _parameters(recurse);

            /// <summary>The parameters with their dotted names; a shared one comes once, under its first name.</summary>
            public virtual IEnumerable<(string name, Parameter parameter)> named_parameters(bool recurse = true)
            {
                HashSet<Parameter> seen = new(ReferenceEqualityComparer.Instance);
                foreach ((string n, Parameter p) in ownParameters)
                {
                    if (!p.IsInvalid && seen.Add(p))
                    {
                        yield return (n, p);
                    }
                }

                foreach ((string n, Module m) in recurse ? submodules : [])
                {
                    foreach ((string inner, Parameter p) in m.named_parameters(true))
                    {
                        if (seen.Add(p))
                        {
                            yield return ($"{n}.{inner}", p);
                        }
                    }
                }
            }

            /// <inheritdoc cref="named_buffers"/>
            public virtual IEnumerable<Tensor> buffers(bool recurse = true, bool include_nonpersistent = true) =>
                named_buffers(recurse, include_nonpersistent).Select(static b => b.buffer);

            /// <summary>The persistent buffers with their dotted names; a shared one comes once, under its first name.</summary>
            /// <param name="include_nonpersistent">Nothing: as in TorchSharp 0.105.1, <see cref="get_buffer"/> alone finds the others.</param>
            public virtual IEnumerable<(string name, Tensor buffer)> named_buffers(bool recurse = true, bool include_nonpersistent = true)
            {
                HashSet<Tensor> seen = new(ReferenceEqualityComparer.Instance);
                foreach ((string n, Tensor t, bool persistent) in ownBuffers)
                {
                    if (persistent && !t.IsInvalid && seen.Add(t))
                    {
                        yield return (n, t);
                    }
                }

                foreach ((string n, Module m) in recurse ? submodules : [])
                {
                    foreach ((string inner, Tensor t) in m.named_buffers(true, include_nonpersistent))
                    {
                        if (seen.Add(t))
                        {
                            yield return ($"{n}.{inner}", t);
                        }
                    }
                }
            }

            public virtual bool has_parameter(string target) => get_parameter(target) is not null;

            public virtual bool has_buffer(string target) => get_buffer(target) is not null;

            /// <summary>The parameter of a dotted name, or null.</summary>
            public virtual Parameter? get_parameter(string target) =>
                Find(target, static (m, n) => m.ownParameters.Find(p => p.Name == n).Parameter, static (m, n) => m.get_parameter(n));

            /// <summary>The buffer of a dotted name, or null.</summary>
            public virtual Tensor? get_buffer(string target) =>
                Find(target, static (m, n) => m.ownBuffers.Find(b => b.Name == n).Tensor, static (m, n) => m.get_buffer(n));

            protected virtual Parameter[] _parameters(bool recurse = true) => [.. named_parameters(recurse).Select(static p => p.parameter)];

            protected virtual (string name, Parameter parameter)[] _named_parameters() => [.. named_parameters()];

            protected virtual (string name, Tensor buffer)[] _named_buffers() => [.. named_buffers()];

            private T? Find<T>(string target, Func<Module, string, T?> here, Func<Module, string, T?> inside) where T : class
            {
                ArgumentNullException.ThrowIfNull(target);
                int dot = target.IndexOf('.', StringComparison.Ordinal);
                if (dot < 0)
                {
                    return here(this, target);
                }

                Module? m = submodules.Find(m => target.AsSpan(0, dot).SequenceEqual(m.Name)).Module;
                return m is null ? null : inside(m, target[(dot + 1)..]);
            }
        }
    }
}
