using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.optim;

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class optim
        {
            /// <summary>RAdam: Adam with a rectified variance (arXiv:1908.03265).</summary>
            public static RAdam RAdam(
                IEnumerable<Parameter> parameters, double lr = 0.002, double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-8,
                double weight_decay = 0) =>
                new(parameters, lr, beta1, beta2, eps, weight_decay);

            public static RAdam RAdam(
                IEnumerable<(string name, Parameter parameter)> parameters, double lr = 0.002, double beta1 = 0.9, double beta2 = 0.999,
                double eps = 1e-8, double weight_decay = 0) =>
                new(OptimizerHelper.Unnamed(parameters), lr, beta1, beta2, eps, weight_decay);

            public static RAdam RAdam(
                IEnumerable<RAdam.ParamGroup> parameters, double lr = 0.002, double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-8,
                double weight_decay = 0) =>
                new(parameters, lr, beta1, beta2, eps, weight_decay);
        }
    }
}

namespace TorchSharp.Modules
{
    /// <summary>RAdam: Adam with a rectified variance (arXiv:1908.03265).</summary>
    public class RAdam : OptimizerHelper, IBetas
    {
        private readonly Options defaults;

        public RAdam(IEnumerable<Parameter> parameters, double lr, double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-8, double weight_decay = 0)
            : this([new ParamGroup { Parameters = parameters }], lr, beta1, beta2, eps, weight_decay)
        {
        }

        public RAdam(
            IEnumerable<ParamGroup> parameters, double lr = 0.002, double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-8, double weight_decay = 0)
        {
            defaults = new Options
            {
                LearningRate = lr,
                beta1 = beta1,
                beta2 = beta2,
                eps = eps,
                weight_decay = weight_decay,
            };
            foreach (ParamGroup group in parameters)
            {
                add_param_group(group);
            }
        }

        public (double, double) Betas
        {
            get => Groups is [ParamGroup first, ..] ? first.Betas : (defaults.beta1!.Value, defaults.beta2!.Value);
            set => Groups.ForEach(g => ((ParamGroup)g).Betas = value);
        }

        public override void add_param_group(Modules.ParamGroup param_group) => Add(param_group, defaults, static p => new State(p));

        public override Tensor step(Func<Tensor>? closure = null) => _step<ParamGroup>(Update, closure);

        private void Update(ParamGroup group)
        {
            Options o = group.Options;
            using Batch<State> batch = Collect<State>(group, false, o.weight_decay);
            Array.ForEach(batch.States, static s => s.step++);
            foreach (Batch<State> same in batch.BySteps(static s => s.step))
            {
                Update(same, o);
            }
        }

        private static void Update(Batch<State> batch, Options o)
        {
            double beta1 = o.beta1!.Value, beta2 = o.beta2!.Value;
            long step = batch.States[0].step;
            Tensor[] gradients = batch.Gradients, means = batch.Pick(static s => s.exp_avg), squares = batch.Pick(static s => s.exp_avg_sq);
            Foreach.MulInPlace(means, beta1);
            Foreach.AddInPlace(means, gradients, 1 - beta1);
            Foreach.MulInPlace(squares, beta2);
            Foreach.AddcmulInPlace(squares, gradients, gradients, 1 - beta2);
            double correction2 = 1 - Math.Pow(beta2, step);
            Tensor[] moves = Foreach.Div(means, 1 - Math.Pow(beta1, step));
            Foreach.MulInPlace(moves, o.Rate);
            // The lengths of the approximated simple moving average, at infinity and now (the paper's algorithm 2).
            double infinite = 2 / (1 - beta2) - 1;
            double length = infinite - 2 * step * Math.Pow(beta2, step) / correction2;
            if (length > 5)
            {
                Tensor[] roots = Foreach.Sqrt(squares);
                Foreach.AddInPlace(roots, o.eps!.Value);
                Foreach.ReciprocalInPlace(roots);
                Foreach.MulInPlace(roots, Math.Sqrt(correction2));
                Foreach.MulInPlace(moves, roots);
                Foreach.MulInPlace(moves, Math.Sqrt((length - 4) * (length - 2) * infinite / ((infinite - 4) * (infinite - 2) * length)));
                Foreach.Dispose(roots);
            }

            Foreach.AddInPlace(batch.Parameters, moves, -1);
            Foreach.Dispose(moves);
        }

        public class Options : OptimizerOptions
        {
            public double? beta1;
            public double? beta2;
            public double? eps;
            public double? weight_decay;

            internal override void Visit(FieldVisitor v)
            {
                v.Real(ref beta1);
                v.Real(ref beta2);
                v.Real(ref eps);
                v.Real(ref weight_decay);
            }
        }

        public class ParamGroup : ParamGroup<Options>, IBetas
        {
            public ParamGroup()
            {
            }

            public ParamGroup(IEnumerable<Parameter> parameters, Options options) : base(parameters, options)
            {
            }

            public ParamGroup(
                IEnumerable<Parameter> parameters, double lr = 1.0, double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-8,
                double weight_decay = 0)
                : base(parameters, new Options { LearningRate = lr, beta1 = beta1, beta2 = beta2, eps = eps, weight_decay = weight_decay })
            {
            }

            public (double, double) Betas
            {
                get => (Options.beta1!.Value, Options.beta2!.Value);
                set => (Options.beta1, Options.beta2) = value;
            }
        }

        public class State(Parameter parameter) : OptimizerState(parameter), IDisposable
        {
            public long step;
            public Tensor exp_avg = null!;
            public Tensor exp_avg_sq = null!;

            public override void Initialize(OptimizerOptions options)
            {
                step = 0;
                Reset(ref exp_avg);
                Reset(ref exp_avg_sq);
            }

            public void Dispose()
            {
                DisposeTensors();
                GC.SuppressFinalize(this);
            }

            internal override void Visit(FieldVisitor v)
            {
                v.Count(ref step);
                v.Tensor(ref exp_avg);
                v.Tensor(ref exp_avg_sq);
            }
        }
    }
}
