using TorchSharp.Interop;
using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public partial class Module
        {
            private static readonly Op CopyInPlace = new("copy_");
            private static readonly Op ZeroInPlace = new("zero_");

            /// <summary>
            /// Every parameter by dotted name, depth first, and after them every persistent buffer. The tensors are the module's own, not copies.
            /// (PyTorch gives each module's buffers right after its parameters; TorchSharp, whose order this is, does not.)
            /// </summary>
            public virtual Dictionary<string, Tensor> state_dict(Dictionary<string, Tensor>? destination = null, string? prefix = null)
            {
                destination ??= [];
                string before = string.IsNullOrEmpty(prefix) ? "" : prefix + ".";
                foreach ((string n, Parameter p) in named_parameters())
                {
                    destination.TryAdd(before + n, p);
                }

                foreach ((string n, Tensor t) in named_buffers(include_nonpersistent: false))
                {
                    destination.TryAdd(before + n, t);
                }

                return destination;
            }

            /// <summary>Copies values into this module's parameters and buffers, whose objects stay the same.</summary>
            /// <param name="strict">Whether a missing or unexpected key is an error.</param>
            /// <param name="skip">Keys that are neither expected nor loaded.</param>
            /// <exception cref="InvalidOperationException">Keys are missing or unexpected, and strict is set. Nothing has been loaded.</exception>
            /// <exception cref="ArgumentException">A tensor has another shape than the module's. Nothing has been loaded.</exception>
            public virtual (IList<string> missing_keys, IList<string> unexpected_keys) load_state_dict(
                Dictionary<string, Tensor> source, bool strict = true, IList<string>? skip = null)
            {
                Dictionary<string, Tensor> own = state_dict();
                List<string> missing = [.. own.Keys.Where(k => !source.ContainsKey(k) && !IsSkipped(skip, k))];
                List<string> unexpected = [.. source.Keys.Where(k => !own.ContainsKey(k) && !IsSkipped(skip, k))];
                if (strict && (missing.Count > 0 || unexpected.Count > 0))
                {
                    throw new InvalidOperationException($"The state does not fit {GetName()}.{List("missing", missing)}{List("unexpected", unexpected)}");
                }

                List<(Tensor To, Tensor From)> copies = [];
                foreach ((string key, Tensor from) in source)
                {
                    if (own.TryGetValue(key, out Tensor? to) && !IsSkipped(skip, key))
                    {
                        CheckShape(key, to, from.shape);
                        copies.Add((to, from));
                    }
                }

                using IDisposable _ = no_grad();
                copies.ForEach(static c => CopyInPlace.Run(c.To, c.From, false));
                return (missing, unexpected);
            }

            private static bool IsSkipped(IList<string>? skip, string key) => skip is not null && skip.Contains(key);

            private static string List(string what, List<string> keys) => keys.Count == 0 ? "" : $" {what}: {string.Join(", ", keys)}.";

            private static void CheckShape(string key, Tensor to, long[] from)
            {
                if (!to.shape.AsSpan().SequenceEqual(from))
                {
                    throw new ArgumentException($"'{key}' has shape [{string.Join(", ", from)}] where the module has [{string.Join(", ", to.shape)}].");
                }
            }
        }
    }
}
