using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.optim;

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class optim
        {
            /// <summary>RMSprop (Hinton, lecture 6e of his Coursera class): the gradient divided by the root of a running mean of its square.</summary>
            public static RMSProp RMSProp(
                IEnumerable<Parameter> parameters, double lr = 0.01, double alpha = 0.99, double eps = 1e-8, double weight_decay = 0,
                double momentum = 0, bool centered = false, bool maximize = false) =>
                new(parameters, lr, alpha, eps, weight_decay, momentum, centered, maximize);

            public static RMSProp RMSProp(
                IEnumerable<(string name, Parameter parameter)> parameters, double lr = 0.01, double alpha = 0.99, double eps = 1e-8,
                double weight_decay = 0, double momentum = 0, bool centered = false, bool maximize = false) =>
                new(OptimizerHelper.Unnamed(parameters), lr, alpha, eps, weight_decay, momentum, centered, maximize);

            public static RMSProp RMSProp(
                IEnumerable<RMSProp.ParamGroup> parameters, double lr = 0.01, double alpha = 0.99, double eps = 1e-8, double weight_decay = 0,
                double momentum = 0, bool centered = false, bool maximize = false) =>
                new(parameters, lr, alpha, eps, weight_decay, momentum, centered, maximize);
        }
    }
}

namespace TorchSharp.Modules
{
    /// <summary>RMSprop (Hinton, lecture 6e of his Coursera class): the gradient divided by the root of a running mean of its square.</summary>
    public class RMSProp : OptimizerHelper, IMomentum
    {
        private readonly Options defaults;

        public RMSProp(
            IEnumerable<Parameter> parameters, double lr = 1e-3, double alpha = 0.99, double eps = 1e-8, double weight_decay = 0, double momentum = 0,
            bool centered = false, bool maximize = false)
            : this([new ParamGroup { Parameters = parameters }], lr, alpha, eps, weight_decay, momentum, centered, maximize)
        {
        }

        public RMSProp(
            IEnumerable<ParamGroup> parameters, double lr = 1e-3, double alpha = 0.99, double eps = 1e-8, double weight_decay = 0,
            double momentum = 0, bool centered = false, bool maximize = false)
        {
            defaults = new Options
            {
                LearningRate = lr,
                alpha = alpha,
                eps = eps,
                weight_decay = weight_decay,
                momentum = momentum,
                centered = centered,
                maximize = maximize,
            };
            foreach (ParamGroup group in parameters)
            {
                add_param_group(group);
            }
        }

        public double Momentum
        {
            get => Groups is [ParamGroup first, ..] ? first.Momentum : defaults.momentum!.Value;
            set => Groups.ForEach(g => ((ParamGroup)g).Momentum = value);
        }

        public override void add_param_group(Modules.ParamGroup param_group) => Add(param_group, defaults, static p => new State(p));

        public override Tensor step(Func<Tensor>? closure = null) => _step<ParamGroup>(Update, closure);

        private void Update(ParamGroup group)
        {
            Options o = group.Options;
            using Batch<State> batch = Collect<State>(group, o.maximize, o.weight_decay);
            if (batch.IsEmpty)
            {
                return;
            }

            double alpha = o.alpha!.Value;
            Tensor[] gradients = batch.Gradients, squares = batch.Pick(static s => s.square_avg);
            Array.ForEach(batch.States, static s => s.step++);
            Foreach.MulInPlace(squares, alpha);
            Foreach.AddcmulInPlace(squares, gradients, gradients, 1 - alpha);
            Tensor[] roots = o.centered == true ? Centered(batch, squares, alpha) : Foreach.Sqrt(squares);
            Foreach.AddInPlace(roots, o.eps!.Value);
            if (o.momentum is { } momentum && momentum > 0)
            {
                Tensor[] buffers = batch.Pick(static s => s.momentum_buffer ??= s.Zeros(null, true)!);
                Foreach.MulInPlace(buffers, momentum);
                Foreach.AddcdivInPlace(buffers, gradients, roots, 1);
                Foreach.AddInPlace(batch.Parameters, buffers, -o.Rate);
            }
            else
            {
                Foreach.AddcdivInPlace(batch.Parameters, gradients, roots, -o.Rate);
            }

            Foreach.Dispose(roots);
        }

        /// <summary>The root of the running variance, not of the running square.</summary>
        private static Tensor[] Centered(Batch<State> batch, Tensor[] squares, double alpha)
        {
            Tensor[] means = batch.Pick(static s => s.grad_avg ??= s.Zeros(null, true)!);
            Foreach.MulInPlace(means, alpha);
            Foreach.AddInPlace(means, batch.Gradients, 1 - alpha);
            Tensor[] variances = Foreach.Addcmul(squares, means, means, -1);
            Foreach.SqrtInPlace(variances);
            return variances;
        }

        public class Options : OptimizerOptions
        {
            public double? alpha;
            public double? eps;
            public double? weight_decay;
            public double? momentum;
            public bool? centered;
            public bool? maximize;

            internal override void Visit(FieldVisitor v)
            {
                v.Flag(ref maximize);
                v.Real(ref momentum);
                v.Real(ref alpha);
                v.Real(ref eps);
                v.Real(ref weight_decay);
                v.Flag(ref centered);
            }
        }

        public class ParamGroup : ParamGroup<Options>, IMomentum
        {
            public ParamGroup()
            {
            }

            public ParamGroup(IEnumerable<Parameter> parameters, Options options) : base(parameters, options)
            {
            }

            public ParamGroup(
                IEnumerable<Parameter> parameters, double lr = 1e-3, double eps = 1e-8, double alpha = 0.99, double weight_decay = 0,
                double momentum = 0, bool centered = false)
                : base(parameters, new Options
                {
                    LearningRate = lr,
                    eps = eps,
                    alpha = alpha,
                    weight_decay = weight_decay,
                    momentum = momentum,
                    centered = centered,
                })
            {
            }

            public double Momentum
            {
                get => Options.momentum!.Value;
                set => Options.momentum = value;
            }
        }

        public class State(Parameter parameter) : OptimizerState(parameter), IDisposable
        {
            public long step;
            public Tensor square_avg = null!;
            public Tensor? momentum_buffer;
            public Tensor? grad_avg;

            public override void Initialize(OptimizerOptions options)
            {
                var o = (Options)options;
                step = 0;
                Reset(ref square_avg);
                momentum_buffer = Zeros(momentum_buffer, o.momentum > 0);
                grad_avg = Zeros(grad_avg, o.centered == true);
            }

            internal Tensor? Zeros(Tensor? old, bool wanted)
            {
                old?.Dispose();
                if (!wanted)
                {
                    return null;
                }

                Tensor zeros = null!;
                Reset(ref zeros);
                return zeros;
            }

            public void Dispose()
            {
                DisposeTensors();
                GC.SuppressFinalize(this);
            }

            internal override void Visit(FieldVisitor v)
            {
                v.Count(ref step);
                v.Tensor(ref square_avg);
                v.Optional(ref momentum_buffer);
                v.Optional(ref grad_avg);
            }
        }
    }
}
