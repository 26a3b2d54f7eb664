using System.Text;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public partial class Module
        {
            /// <summary>Writes the state to a file in TorchSharp's format: a count, then each key with its type, shape and elements.</summary>
            public Module save(string location, IList<string>? skip = null)
            {
                using FileStream stream = File.Create(location);
                return save(stream, skip);
            }

            public Module save(Stream stream, IList<string>? skip = null)
            {
                using var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true);
                return save(writer, skip);
            }

            public Module save(BinaryWriter writer, IList<string>? skip = null)
            {
                save_state_dict(writer, state_dict(), skip);
                return this;
            }

            public static void save_state_dict(BinaryWriter writer, Dictionary<string, Tensor> sd, IList<string>? skip = null)
            {
                List<KeyValuePair<string, Tensor>> entries = [.. sd.Where(e => !IsSkipped(skip, e.Key))];
                writer.Write7BitEncodedInt64(entries.Count);
                foreach ((string key, Tensor tensor) in entries)
                {
                    writer.Write(key);
                    tensor.Save(writer);
                }
            }

            /// <summary>Reads a file that <see cref="save(string, IList{string})"/> wrote.</summary>
            /// <param name="strict">Whether a key that only one side has is an error.</param>
            /// <param name="skip">Keys that are not loaded.</param>
            /// <param name="loadedParameters">Receives each key of the file and of the module: whether it has been loaded.</param>
            /// <exception cref="ArgumentException">The file's keys, types or shapes are not the module's. Nothing has been loaded.</exception>
            public virtual Module load(string location, bool strict = true, IList<string>? skip = null, Dictionary<string, bool>? loadedParameters = null)
            {
                using FileStream stream = File.OpenRead(location);
                return load(stream, strict, skip, loadedParameters);
            }

            public Module load(Stream stream, bool strict = true, IList<string>? skip = null, Dictionary<string, bool>? loadedParameters = null)
            {
                using var reader = new BinaryReader(stream, Encoding.UTF8, leaveOpen: true);
                return load(reader, strict, skip, loadedParameters);
            }

            public virtual Module load(BinaryReader reader, bool strict = true, IList<string>? skip = null, Dictionary<string, bool>? loadedParameters = null)
            {
                Dictionary<string, Tensor> own = state_dict();
                loadedParameters ??= [];
                foreach (string key in own.Keys)
                {
                    loadedParameters[key] = false;
                }

                long count = reader.Read7BitEncodedInt64();
                int expected = own.Keys.Count(k => !IsSkipped(skip, k));
                if (strict && skip is null && count != expected)
                {
                    throw new ArgumentException($"The file has {count} entries where {GetName()} has {expected}.");
                }

                List<(Tensor To, Tensor From)> copies = [];
                try
                {
                    for (long i = 0; i < count; i++)
                    {
                        LoadEntry(reader, own, strict, skip, copies, loadedParameters);
                    }

                    List<string> missing = [.. own.Keys.Where(k => !loadedParameters[k] && !IsSkipped(skip, k))];
                    if (strict && missing.Count > 0)
                    {
                        throw new ArgumentException($"The file does not have all of {GetName()}.{List("missing", missing)}");
                    }

                    using IDisposable _ = no_grad();
                    copies.ForEach(static c => CopyInPlace.Run(c.To, c.From, false));
                    return this;
                }
                finally
                {
                    copies.ForEach(static c => c.From.Dispose());
                }
            }

            private static void LoadEntry(
                BinaryReader reader, Dictionary<string, Tensor> own, bool strict, IList<string>? skip, List<(Tensor, Tensor)> copies,
                Dictionary<string, bool> loaded)
            {
                string key = reader.ReadString();
                Tensor from = Tensor.Load(reader);
                bool wanted = own.TryGetValue(key, out Tensor? to) && !IsSkipped(skip, key);
                loaded[key] = wanted;
                if (wanted)
                {
                    copies.Add((to!, from));
                    if (to!.dtype != from.dtype)
                    {
                        throw new ArgumentException($"'{key}' is {from.dtype} in the file where the module has {to.dtype}.");
                    }

                    CheckShape(key, to, from.shape);
                    return;
                }

                from.Dispose();
                if (strict && !IsSkipped(skip, key))
                {
                    throw new ArgumentException($"The module has no '{key}'.");
                }
            }
        }
    }
}
