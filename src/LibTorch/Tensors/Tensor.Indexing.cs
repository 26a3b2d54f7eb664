using System.Runtime.CompilerServices;
using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        private static readonly Op SliceTensor = new("slice", "Tensor"), IndexTensor = new("index", "Tensor"), IndexPutInPlace = new("index_put_");

        /// <summary>A view of [start, finish) with a step, along one dimension.</summary>
        public Tensor slice(long dim, long start, long finish, long step) => SliceTensor.Call(this, dim, start, finish, step);

        [IndexerName("TensorItems")]
        public Tensor this[params TensorIndex[] indices] { get => index(indices); set => Assign(indices, value); }

        [IndexerName("TensorItems")]
        public Tensor this[params Tensor[] indices] { get => index(indices); set => index_put_(value, indices); }

        [IndexerName("TensorItems")]
        public Tensor this[params long[] indices] { get => At(indices); set => AssignAt(value, indices); }

        [IndexerName("TensorItems")]
        public Tensor this[long i1] { get => select(0, i1); set => AssignAt(value, i1); }

        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2] { get => At(i1, i2); set => AssignAt(value, i1, i2); }

        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2, long i3] { get => At(i1, i2, i3); set => AssignAt(value, i1, i2, i3); }

        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2, long i3, long i4] { get => At(i1, i2, i3, i4); set => AssignAt(value, i1, i2, i3, i4); }

        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2, long i3, long i4, long i5] { get => At(i1, i2, i3, i4, i5); set => AssignAt(value, i1, i2, i3, i4, i5); }

        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2, long i3, long i4, long i5, long i6]
        {
            get => At(i1, i2, i3, i4, i5, i6);
            set => AssignAt(value, i1, i2, i3, i4, i5, i6);
        }

        /// <summary>Numbers and slices give a view; masks and tensors of indices a copy.</summary>
        public Tensor index(params TensorIndex[] indices)
        {
            List<Tensor> made = [];
            Tensor view = Viewed(indices, made, out Tensor?[]? chosen);
            if (chosen is null)
            {
                return view;
            }

            using (view)
            {
                Tensor result = IndexTensor.Call(view, chosen);
                made.ForEach(static t => t.Dispose());
                return result;
            }
        }

        /// <summary>The elements that tensors of indices or masks choose, one for each leading dimension (null: all of it).</summary>
        public Tensor index(params Tensor[] indices) => IndexTensor.Call(this, indices);

        public Tensor index_put_(Tensor value, params Tensor[] indices) => IndexPutInPlace.Apply(this, indices, value, false);

        public Tensor index_put_(Tensor value, params TensorIndex[] indices)
        {
            Assign(indices, value);
            return this;
        }

        public Tensor index_put_(Scalar value, params Tensor[] indices)
        {
            using Tensor v = FromScalar(value, dtype, device, false);
            return index_put_(v, indices);
        }

        public Tensor index_put_(Scalar value, params TensorIndex[] indices)
        {
            using Tensor v = FromScalar(value, dtype, device, false);
            return index_put_(v, indices);
        }

        private Tensor At(params ReadOnlySpan<long> indices)
        {
            if (indices.Length == 0)
            {
                return alias();
            }

            Tensor t = select(0, indices[0]);
            for (int i = 1; i < indices.Length; i++)
            {
                using Tensor whole = t;
                t = whole.select(0, indices[i]);
            }

            return t;
        }

        private void AssignAt(Tensor value, params ReadOnlySpan<long> indices)
        {
            using Tensor view = At(indices);
            Overwrite(view, value);
        }

        private void Assign(TensorIndex[] indices, Tensor value)
        {
            List<Tensor> made = [];
            using Tensor view = Viewed(indices, made, out Tensor?[]? chosen);
            if (chosen is null)
            {
                Overwrite(view, value);
                return;
            }

            using Tensor converted = value.to(dtype, device);
            IndexPutInPlace.Run(view, chosen, converted, false);
            made.ForEach(static t => t.Dispose());
        }

        /// <summary>
        /// The view that the numbers, slices and new dimensions describe, and the tensors of indices that remain to be applied to its
        /// dimensions (null where there are none). <paramref name="made"/> collects the temporary ones among those.
        /// </summary>
        private Tensor Viewed(TensorIndex[] indices, List<Tensor> made, out Tensor?[]? chosen)
        {
            long rest = ndim;
            foreach (TensorIndex i in indices)
            {
                rest -= i.What switch
                {
                    TensorIndex.Kind.Slice or TensorIndex.Kind.Single => 1,
                    TensorIndex.Kind.Tensor => i.Indices!.dtype == ScalarType.Bool ? i.Indices.ndim : 1,
                    _ => 0,
                };
            }

            Tensor view = alias();
            List<Tensor?> choices = [];
            int dim = 0;
            for (int k = 0; k < indices.Length; k++)
            {
                TensorIndex i = indices[k];
                switch (i.What)
                {
                    case TensorIndex.Kind.Single:
                        Next(ref view, view.select(dim, i.Start ?? 0));
                        break;
                    case TensorIndex.Kind.Slice:
                        Next(ref view, SliceTensor.Call(view, dim++, i.Start, i.Stop, i.Step ?? 1));
                        break;
                    case TensorIndex.Kind.Ellipsis:
                        dim += (int)Math.Max(rest, 0);
                        break;
                    case TensorIndex.Kind.NewDimension:
                        Next(ref view, view.unsqueeze(dim++));
                        break;
                    case TensorIndex.Kind.Bool:
                        Next(ref view, view.unsqueeze(dim));
                        made.Add(torch.zeros([i.Start!.Value], ScalarType.Int64, device));
                        Place(choices, dim++, made[^1]);
                        break;
                    case TensorIndex.Kind.Tensor when i.Indices!.ndim == 0 && i.Indices.dtype != ScalarType.Bool:
                        Next(ref view, view.select(dim, i.Indices.ToInt64()));
                        break;
                    case TensorIndex.Kind.Tensor when i.Indices.dtype == ScalarType.Bool && i.Indices.ndim > 1 && k < indices.Length - 1:
                        foreach (Tensor along in i.Indices.nonzero_as_list())
                        {
                            made.Add(along);
                            Place(choices, dim++, along);
                        }

                        break;
                    default:
                        Place(choices, dim++, i.Indices!);
                        break;
                }
            }

            chosen = choices.Count == 0 ? null : [.. choices];
            return view;
        }

        private static void Next(ref Tensor view, Tensor next)
        {
            view.Dispose();
            view = next;
        }

        private static void Place(List<Tensor?> choices, int dim, Tensor indices)
        {
            while (choices.Count < dim)
            {
                choices.Add(null);
            }

            choices.Add(indices);
        }

        // A value may have more leading dimensions of size 1 than the place that it goes to.
        private static void Overwrite(Tensor view, Tensor value)
        {
            int extra = (int)(value.ndim - view.ndim);
            if (extra <= 0 || value.size().AsSpan(0, extra).ContainsAnyExcept(1))
            {
                view.copy_(value);
                return;
            }

            using Tensor same = value.reshape(value.size()[extra..]);
            view.copy_(same);
        }
    }
}
