using System.Reflection;
using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public partial class Module
        {
            private bool componentsAreRegistered;

            public void add_module(string name, Module module) => register_module(name, module);

            /// <summary>Adds a submodule under a name without dots; null removes the name.</summary>
            public virtual void register_module(string name, Module? submodule)
            {
                if (submodule is null)
                {
                    submodules.RemoveAll(m => m.Name == name);
                    return;
                }

                CheckNewName(name, "module");
                submodule.RegisterComponents();
                submodules.Add((name, submodule));
            }

            /// <summary>Adds a parameter; it no longer belongs to a dispose scope. Null removes the name.</summary>
            public virtual void register_parameter(string name, Parameter? param)
            {
                if (param is null)
                {
                    ownParameters.RemoveAll(p => p.Name == name);
                    return;
                }

                CheckNewName(name, "parameter");
                param.DetachFromDisposeScope();
                ownParameters.Add((name, param));
            }

            /// <summary>Adds a tensor that is state but is not learned; it no longer belongs to a dispose scope.</summary>
            /// <param name="persistent">Whether it is part of <see cref="state_dict"/>.</param>
            public virtual void register_buffer(string name, Tensor tensor, bool persistent = true)
            {
                ArgumentNullException.ThrowIfNull(tensor);
                CheckNewName(name, "buffer");
                tensor.DetachFromDisposeScope();
                ownBuffers.Add((name, tensor, persistent));
            }

            /// <summary>
            /// Registers the module's fields under their names: modules as submodules, parameters as parameters, other tensors as buffers.
            /// What is registered already is left as it is; a second call does nothing.
            /// </summary>
            protected internal virtual void RegisterComponents()
            {
                if (componentsAreRegistered)
                {
                    return;
                }

                componentsAreRegistered = true;
                foreach (FieldInfo field in UserFields())
                {
                    if (IsRegistered(field.Name))
                    {
                        continue;
                    }

                    switch (field.GetValue(this))
                    {
                        case Module m:
                            register_module(field.Name, m);
                            break;
                        case Parameter p:
                            register_parameter(field.Name, p);
                            break;
                        case Tensor t:
                            register_buffer(field.Name, t);
                            break;
                    }
                }
            }

            /// <summary>
            /// The fields of the module's type and then those of its base types; a name counts once. The layers of this library have none here:
            /// they register what they own themselves.
            /// </summary>
            private IEnumerable<FieldInfo> UserFields()
            {
                HashSet<string> seen = [];
                for (Type type = GetType(); type.Assembly != typeof(Module).Assembly; type = type.BaseType!)
                {
                    foreach (FieldInfo field in type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic))
                    {
                        if (field.DeclaringType!.Assembly != typeof(Module).Assembly && seen.Add(field.Name))
                        {
                            yield return field;
                        }
                    }
                }
            }

            /// <summary>Registers, replaces or (null) removes a parameter.</summary>
            protected void ConditionallyRegisterParameter(string name, Parameter? value) =>
                Replace(ownParameters, name, value is null ? null : (name, Keep(value)));

            protected void ConditionallyRegisterParameter(string name, Tensor? value) => ConditionallyRegisterParameter(name, value as Parameter);

            /// <summary>Registers, replaces or (null) removes a buffer.</summary>
            protected void ConditionallyRegisterBuffer(string name, Tensor? value, bool persistent = true) =>
                Replace(ownBuffers, name, value is null ? null : (name, Keep(value), persistent));

            protected void ClearModules() => submodules.Clear();

            /// <summary>Registers without the check for a new name: Sequential allows the same name twice.</summary>
            internal void AppendSubmodule(string name, Module module)
            {
                module.RegisterComponents();
                submodules.Add((name, module));
            }

            internal void ReplaceSubmodules(IEnumerable<(string Name, Module Module)> all)
            {
                List<(string Name, Module Module)> list = [.. all];
                list.ForEach(static m => m.Module.RegisterComponents());
                submodules.Clear();
                submodules.AddRange(list);
            }

            internal void ReplaceParameters(IEnumerable<(string Name, Parameter Parameter)> all)
            {
                List<(string Name, Parameter Parameter)> list = [.. all];
                list.ForEach(static p => p.Parameter.DetachFromDisposeScope());
                ownParameters.Clear();
                ownParameters.AddRange(list);
            }

            private static T Keep<T>(T tensor) where T : Tensor
            {
                tensor.DetachFromDisposeScope();
                return tensor;
            }

            private static void Replace<T>(List<T> list, string name, T? entry) where T : struct, System.Runtime.CompilerServices.ITuple
            {
                int i = list.FindIndex(e => (string)e[0]! == name);
                if (entry is null)
                {
                    if (i >= 0)
                    {
                        list.RemoveAt(i);
                    }
                }
                else if (i >= 0)
                {
                    list[i] = entry.Value;
                }
                else
                {
                    list.Add(entry.Value);
                }
            }

            private bool IsRegistered(string name) =>
                submodules.Exists(m => m.Name == name) || ownParameters.Exists(p => p.Name == name) || ownBuffers.Exists(b => b.Name == name);

            private void CheckNewName(string name, string what)
            {
                if (string.IsNullOrEmpty(name))
                {
                    throw new ArgumentException($"The name of a {what} must not be empty.", nameof(name));
                }

                if (name.Contains('.', StringComparison.Ordinal))
                {
                    throw new ArgumentException($"The name of a {what} must not contain a dot: '{name}'.", nameof(name));
                }

                if (IsRegistered(name))
                {
                    throw new InvalidOperationException($"'{name}' is already registered in {GetName()}.");
                }
            }
        }
    }
}
