using TorchSharp.Interop;
using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>
/// Each options and state type lists its fields once, in the order of the file; saving, loading, copying, comparing, moving and disposing
/// are visitors of that list.
/// </summary>
internal abstract class FieldVisitor
{
    internal virtual void Count(ref long value)
    {
    }

    internal virtual void Real(ref double value)
    {
    }

    internal virtual void Real(ref double? value)
    {
    }

    internal virtual void Flag(ref bool? value)
    {
    }

    internal virtual void Tensor(ref Tensor value)
    {
    }

    internal virtual void Optional(ref Tensor? value)
    {
    }
}

internal sealed class FieldWriter(BinaryWriter writer) : FieldVisitor
{
    internal override void Count(ref long value) => writer.Write(value);

    internal override void Real(ref double value) => writer.Write(value);

    internal override void Real(ref double? value) => writer.Write(value!.Value);

    internal override void Flag(ref bool? value) => writer.Write(value!.Value);

    internal override void Tensor(ref Tensor value) => value.Save(writer);

    internal override void Optional(ref Tensor? value) => OptimizerState.Save(writer, value);
}

internal sealed class FieldReader(BinaryReader reader, Device? device) : FieldVisitor
{
    internal override void Count(ref long value) => value = reader.ReadInt64();

    internal override void Real(ref double value) => value = reader.ReadDouble();

    internal override void Real(ref double? value) => value = reader.ReadDouble();

    internal override void Flag(ref bool? value) => value = reader.ReadBoolean();

    internal override void Tensor(ref Tensor value)
    {
        using Tensor loaded = torch.Tensor.Load(reader);
        value?.Dispose();
        value = FieldMove.Copy(loaded, device!);
    }

    internal override void Optional(ref Tensor? value) => OptimizerState.Load(reader, ref value, device!);
}

/// <summary>Lists the values.</summary>
internal sealed class FieldRecord : FieldVisitor
{
    internal Queue<object?> Values { get; } = new();

    internal override void Count(ref long value) => Values.Enqueue(value);

    internal override void Real(ref double value) => Values.Enqueue(value);

    internal override void Real(ref double? value) => Values.Enqueue(value);

    internal override void Flag(ref bool? value) => Values.Enqueue(value);

    internal override void Tensor(ref Tensor value) => Values.Enqueue(value);

    internal override void Optional(ref Tensor? value) => Values.Enqueue(value);
}

/// <summary>Takes over a list of values; tensors are copied.</summary>
internal sealed class FieldReplay(Queue<object?> values) : FieldVisitor
{
    internal bool OnlyMissing { get; init; }

    internal Device? Device { get; init; }

    internal override void Count(ref long value) => value = (long)values.Dequeue()!;

    internal override void Real(ref double value) => value = (double)values.Dequeue()!;

    internal override void Real(ref double? value)
    {
        object? next = values.Dequeue();
        value = OnlyMissing && value is not null ? value : (double?)next;
    }

    internal override void Flag(ref bool? value)
    {
        object? next = values.Dequeue();
        value = OnlyMissing && value is not null ? value : (bool?)next;
    }

    internal override void Tensor(ref Tensor value)
    {
        Tensor? own = value;
        Optional(ref own);
        value = own!;
    }

    internal override void Optional(ref Tensor? value)
    {
        var next = (Tensor?)values.Dequeue();
        if (ReferenceEquals(next, value))
        {
            return;
        }

        value?.Dispose();
        value = next is null ? null : FieldMove.Copy(next, Device!);
    }
}

internal sealed class FieldMove(Device device) : FieldVisitor
{
    private static readonly Op ToCopy = new("_to_copy");

    internal override void Tensor(ref Tensor value)
    {
        using Tensor old = value;
        value = Copy(old, device);
    }

    internal override void Optional(ref Tensor? value)
    {
        if (value is not null)
        {
            Tensor(ref value!);
        }
    }

    internal static Tensor Copy(Tensor source, Device device)
    {
        using IDisposable _ = no_grad();
        return ToCopy.Call(source, Arg.None, Arg.None, device, Arg.None, false, Arg.None).DetachFromDisposeScope();
    }
}

internal sealed class FieldDispose : FieldVisitor
{
    internal static readonly FieldDispose All = new();

    internal override void Tensor(ref Tensor value) => value?.Dispose();

    internal override void Optional(ref Tensor? value)
    {
        value?.Dispose();
        value = null;
    }
}
