namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class functional
        {
            // libtorch spreads a list of one over all spatial dimensions, so the usual defaults need no array per call.
            private static readonly long[] Ones = [1];
            private static readonly long[] Zeros = [0];
            private static readonly long[] Unset = [];

            private static long[] List((long, long) p) => [p.Item1, p.Item2];

            private static long[] List((long, long, long) p) => [p.Item1, p.Item2, p.Item3];

            private static long[]? List((long, long)? p) => p is { } x ? [x.Item1, x.Item2] : null;

            private static long[]? List((long, long, long)? p) => p is { } x ? [x.Item1, x.Item2, x.Item3] : null;

            private static long[]? List(long? v) => v is { } x ? [x] : null;
        }
    }
}
