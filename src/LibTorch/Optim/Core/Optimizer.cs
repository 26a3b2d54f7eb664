using TorchSharp.Interop;
using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>Optimisers and learning-rate schedules.</summary>
    public static partial class optim
    {
        /// <summary>Moves parameters along their gradients.</summary>
        public abstract partial class Optimizer : IDisposable
        {
            private static readonly Op ForeachZeroInPlace = new("_foreach_zero_");

            /// <param name="handle">Of a native optimiser; there is none here, so it is ignored.</param>
            protected Optimizer(IntPtr handle)
            {
                _ = handle;
            }

            public virtual IEnumerable<ILearningRateController> ParamGroups => Groups;

            internal List<ParamGroup> Groups { get; } = [];

            /// <summary>Sets the gradients that exist to zero; where there is none, none is made.</summary>
            public virtual void zero_grad()
            {
                List<Tensor> gradients = [];
                foreach (Parameter p in parameters())
                {
                    if (p.grad is { } g)
                    {
                        gradients.Add(g);
                    }
                }

                if (gradients.Count == 0)
                {
                    return;
                }

                using IDisposable _ = no_grad();
                ForeachZeroInPlace.Run(gradients.ToArray());
                gradients.ForEach(static g => g.Dispose());
            }

            public virtual void add_param_group(ParamGroup param_group) =>
                throw new NotSupportedException($"{GetType().Name} has no parameter groups.");

            /// <summary>One update of every parameter that has a gradient.</summary>
            /// <param name="closure">Computes the loss and its gradients again.</param>
            /// <returns>The closure's loss; null without one.</returns>
            public virtual Tensor step(Func<Tensor>? closure = null) => throw new NotSupportedException($"{GetType().Name} does not say how to step.");

            public virtual IEnumerable<Parameter> parameters() => Groups.SelectMany(static g => g.Parameters);

            public void Dispose()
            {
                Dispose(true);
                GC.SuppressFinalize(this);
            }

            protected virtual void Dispose(bool disposing)
            {
            }

            public delegate IntPtr LossClosure();

            /// <summary>The options of each group and the state of each parameter, in the groups' order.</summary>
            public class StateDictionary
            {
                internal StateDictionary()
                {
                }

                public List<OptimizerOptions> Options { get; } = [];

                public List<OptimizerState> State { get; } = [];

                /// <summary>For each group, where in <see cref="State"/> its parameters' states are.</summary>
                public List<List<int>> StateIndexRef { get; } = [];
            }
        }

        /// <summary>Has a learning rate that a schedule may set.</summary>
        public interface ILearningRateController
        {
            double LearningRate { get; set; }

            double InitialLearningRate { get; set; }
        }

        public interface IMomentum
        {
            double Momentum { get; set; }
        }

        public interface IBetas
        {
            (double, double) Betas { get; set; }
        }
    }
}
