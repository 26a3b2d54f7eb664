using TorchSharp.Interop;
using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>What an optimiser remembers about one parameter.</summary>
public abstract class OptimizerState
{
    private static readonly Op ZerosLike = new("zeros_like");
    private static readonly Op AllClose = new("allclose");
    private const int PreserveFormat = 1;

    protected OptimizerState(Parameter parameter) => Parameter = parameter;

    internal Parameter Parameter { get; }

    /// <summary>Sets everything to its value before the first step.</summary>
    public abstract void Initialize(OptimizerOptions options);

    public virtual void SaveStateDict(BinaryWriter writer) => Visit(new FieldWriter(writer));

    public virtual void LoadStateDict(BinaryReader reader) => Visit(new FieldReader(reader, Parameter.device));

    /// <summary>Copies another state, to this parameter's device.</summary>
    public virtual void LoadStateDict(OptimizerState source)
    {
        if (source.GetType() != GetType())
        {
            throw new ArgumentException($"{GetType().DeclaringType?.Name} cannot take the state of {source.GetType().DeclaringType?.Name}.", nameof(source));
        }

        var record = new FieldRecord();
        source.Visit(record);
        Visit(new FieldReplay(record.Values) { Device = Parameter.device });
    }

    public virtual bool ApproximatelyEquals(OptimizerState other)
    {
        if (other.GetType() != GetType())
        {
            return false;
        }

        FieldRecord mine = new(), theirs = new();
        Visit(mine);
        other.Visit(theirs);
        return mine.Values.Zip(theirs.Values).All(static pair => pair switch
        {
            (null, null) => true,
            (Tensor a, Tensor b) => a.shape.AsSpan().SequenceEqual(b.shape) && AllClose.CallBool(a, b, 1e-5, 1e-8, false),
            (double a, double b) => Math.Abs(a - b) <= 1e-8 + 1e-5 * Math.Abs(b),
            var (a, b) => Equals(a, b),
        });
    }

    public virtual void to(Device device) => Visit(new FieldMove(device));

    protected static void SaveConditionalStateTensor(BinaryWriter writer, Tensor? tensor)
    {
        writer.Write(tensor is not null);
        tensor?.Save(writer);
    }

    protected static void LoadConditionalStateTensor(BinaryReader reader, ref Tensor? result, Device device)
    {
        result?.Dispose();
        result = null;
        if (reader.ReadBoolean())
        {
            using Tensor loaded = Tensor.Load(reader);
            result = FieldMove.Copy(loaded, device);
        }
    }

    internal virtual void Visit(FieldVisitor v)
    {
    }

    /// <summary>Zeros of the parameter's shape and layout, or the given value, outside of every dispose scope.</summary>
    internal void Reset(ref Tensor field, double value = 0)
    {
        field?.Dispose();
        field = ZerosLike.Call(Parameter, Arg.None, Arg.None, Arg.None, Arg.None, PreserveFormat).DetachFromDisposeScope();
        if (value != 0)
        {
            Foreach.Fill(field, value);
        }
    }

    internal void DisposeTensors() => Visit(FieldDispose.All);

    internal static void Save(BinaryWriter writer, Tensor? tensor) => SaveConditionalStateTensor(writer, tensor);

    internal static void Load(BinaryReader reader, ref Tensor? result, Device device) => LoadConditionalStateTensor(reader, ref result, device);
}
