using System.Reflection;
using System.Runtime.InteropServices;
using TorchSharp.Interop;
using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public partial class Module
        {
            private const BindingFlags Declared = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
            private static readonly Op ToDevice = new("to", "device");

            // What the outermost conversion on this thread has replaced, so that a shared parameter stays shared.
            [ThreadStatic] private static Dictionary<Tensor, Tensor>? replaced;

            public Module _to(Tensor other, bool non_blocking) => _to(other.device, other.dtype, non_blocking);

            protected internal virtual Module _to(Device device, ScalarType dtype, bool non_blocking)
            {
                _toEpilog(dtype, InitializeDevice(device), non_blocking);
                return this;
            }

            protected internal virtual Module _to(DeviceType deviceType, int deviceIndex, bool non_blocking)
            {
                _toEpilog(null, InitializeDevice(new Device(deviceType, deviceIndex)), non_blocking);
                return this;
            }

            protected internal virtual Module _to(ScalarType dtype, bool non_blocking)
            {
                _toEpilog(dtype, null, non_blocking);
                return this;
            }

            protected void _toEpilog(ScalarType dtype, bool non_blocking) => _toEpilog(dtype, null, non_blocking);

            protected void _toEpilog(Device device, ScalarType dtype, bool non_blocking) => _toEpilog((ScalarType?)dtype, device, non_blocking);

            protected void _toEpilog(DeviceType deviceType, int deviceIndex, bool non_blocking) =>
                _toEpilog(null, new Device(deviceType, deviceIndex), non_blocking);

            /// <summary>
            /// Converts the submodules, then this module's parameters and buffers: each becomes a new object, registered and stored in the
            /// module's field in place of the old one, which is disposed. Integer buffers keep their type.
            /// </summary>
            protected virtual void _toEpilog(ScalarType? dtype, Device? device, bool non_blocking)
            {
                if (dtype is { } type && !IsFloating(type))
                {
                    throw new ExternalException($"A module can be converted to floating-point types only, not to {type}.");
                }

                bool outermost = replaced is null;
                replaced ??= new(ReferenceEqualityComparer.Instance);
                try
                {
                    foreach ((_, Module m) in submodules)
                    {
                        ConvertSubmodule(m, dtype, device, non_blocking);
                    }

                    ConvertOwn(dtype, device, replaced);
                }
                finally
                {
                    if (outermost)
                    {
                        foreach (Tensor old in replaced.Keys)
                        {
                            old.Dispose();
                        }

                        replaced = null;
                    }
                }
            }

            protected static bool ReplaceParameter(ScalarType? dtype, Device? device, Parameter param, out Parameter p)
            {
                p = param;
                if (Convert(param, dtype, device) is not { } data)
                {
                    return false;
                }

                p = new Parameter(data, param.requires_grad);
                using Tensor? grad = param.grad;
                if (grad is not null)
                {
                    p.grad = Convert(grad, dtype, device);
                }

                return true;
            }

            protected static bool ReplaceBuffer(ScalarType? dtype, Device? device, Tensor buffer, out Tensor result)
            {
                result = buffer;
                if (Convert(buffer, dtype, device) is not { } converted)
                {
                    return false;
                }

                result = converted;
                return true;
            }

            private static void ConvertSubmodule(Module m, ScalarType? dtype, Device? device, bool non_blocking)
            {
                switch (dtype, device)
                {
                    case ({ } t, { } d):
                        m._to(d, t, non_blocking);
                        break;
                    case ({ } t, null):
                        m._to(t, non_blocking);
                        break;
                    case (null, { } d):
                        m._to(d.type, d.index, non_blocking);
                        break;
                }
            }

            private void ConvertOwn(ScalarType? dtype, Device? device, Dictionary<Tensor, Tensor> replaced)
            {
                for (int i = 0; i < ownParameters.Count; i++)
                {
                    (string n, Parameter old) = ownParameters[i];
                    if (!replaced.TryGetValue(old, out Tensor? p))
                    {
                        if (!ReplaceParameter(dtype, device, old, out Parameter fresh))
                        {
                            continue;
                        }

                        p = replaced[old] = Keep(fresh);
                    }

                    ownParameters[i] = (n, (Parameter)p);
                    ReplaceInFields(old, p);
                }

                for (int i = 0; i < ownBuffers.Count; i++)
                {
                    (string n, Tensor old, bool persistent) = ownBuffers[i];
                    if (!replaced.TryGetValue(old, out Tensor? t))
                    {
                        if (!ReplaceBuffer(dtype, device, old, out Tensor fresh))
                        {
                            continue;
                        }

                        t = replaced[old] = Keep(fresh);
                    }

                    ownBuffers[i] = (n, t, persistent);
                    ReplaceInFields(old, t);
                }
            }

            private void ReplaceInFields(Tensor old, Tensor fresh)
            {
                for (Type? type = GetType(); type is not null && type != typeof(Module); type = type.BaseType)
                {
                    foreach (FieldInfo field in type.GetFields(Declared))
                    {
                        if (typeof(Tensor).IsAssignableFrom(field.FieldType) && ReferenceEquals(field.GetValue(this), old))
                        {
                            field.SetValue(this, fresh);
                        }
                    }
                }
            }

            /// <summary>The tensor on the device and, where it is floating-point, of the type; null where it is so already.</summary>
            private static Tensor? Convert(Tensor tensor, ScalarType? dtype, Device? device)
            {
                ScalarType oldType = tensor.dtype;
                Device oldDevice = tensor.device;
                ScalarType newType = dtype is { } t && IsFloating(oldType) ? t : oldType;
                Device newDevice = device ?? oldDevice;
                if (newType == oldType && newDevice.type == oldDevice.type && newDevice.index == oldDevice.index)
                {
                    return null;
                }

                using IDisposable _ = no_grad();
                return ToDevice.Call(tensor, newDevice, newType, false, false, Arg.None);
            }

            private static bool IsFloating(ScalarType type) => type is ScalarType.Float16 or ScalarType.Float32 or ScalarType.Float64 or ScalarType.BFloat16
                or ScalarType.ComplexFloat32 or ScalarType.ComplexFloat64;
        }
    }
}
