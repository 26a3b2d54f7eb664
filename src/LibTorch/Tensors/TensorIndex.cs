namespace TorchSharp;

public static partial class torch
{
    /// <summary>One step of an index expression: a number, a slice, a mask or tensor of indices, the ellipsis, or a new dimension.</summary>
    public readonly struct TensorIndex
    {
        internal enum Kind
        {
            Slice,
            Single,
            Bool,
            Tensor,
            Ellipsis,
            NewDimension,
        }

        internal readonly Kind What;
        internal readonly long? Start;
        internal readonly long? Stop;
        internal readonly long? Step;
        internal readonly torch.Tensor? Indices;

        private TensorIndex(Kind what, long? start = null, long? stop = null, long? step = null, torch.Tensor? indices = null)
        {
            What = what;
            Start = start;
            Stop = stop;
            Step = step;
            Indices = indices;
        }

        /// <summary>All remaining dimensions.</summary>
        public static readonly TensorIndex Ellipsis = new(Kind.Ellipsis);

        /// <summary>A new dimension of size 1.</summary>
        public static readonly TensorIndex None = new(Kind.NewDimension);

        /// <summary>The whole of one dimension.</summary>
        public static readonly TensorIndex Null = new(Kind.Slice);

        /// <summary>The whole of one dimension.</summary>
        public static readonly TensorIndex Colon = new(Kind.Slice);

        public static TensorIndex Slice(long? start = null, long? stop = null, long? step = null) => new(Kind.Slice, start, stop, step);

        public static TensorIndex Slice((int? start, int? end) range) => new(Kind.Slice, range.start, range.end);

        /// <summary>A range; an index from the end counts from the dimension's end.</summary>
        public static TensorIndex Slice(Range range)
        {
            long? stop = range.End.IsFromEnd && range.End.Value == 0 ? null : Position(range.End);
            return new(Kind.Slice, range.Start.IsFromEnd && range.Start.Value == 0 ? long.MaxValue : Position(range.Start), stop);
        }

        public static TensorIndex Bool(bool value) => new(Kind.Bool, value ? 1 : 0);

        public static TensorIndex Single(long? index) => new(Kind.Single, index);

        public static TensorIndex Tensor(torch.Tensor tensor) => new(Kind.Tensor, indices: tensor);

        public static implicit operator TensorIndex(long value) => new(Kind.Single, value);

        public static implicit operator TensorIndex((int? start, int? end) range) => Slice(range);

        public static implicit operator TensorIndex(Range range) => Slice(range);

        public static implicit operator TensorIndex(Index index) => new(Kind.Single, Position(index));

        private static long Position(Index index) => index.IsFromEnd ? -(long)index.Value : index.Value;
    }
}
