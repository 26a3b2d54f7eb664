using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.optim;

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class optim
        {
            /// <summary>NAdam: Adam with Nesterov momentum (Dozat, ICLR workshop 2016).</summary>
            public static NAdam NAdam(
                IEnumerable<Parameter> named_parameters, double lr = 0.002, double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-8,
                double weight_decay = 0, double momentum_decay = 4e-3) =>
                new(named_parameters, lr, beta1, beta2, eps, weight_decay, momentum_decay);

            public static NAdam NAdam(
                IEnumerable<(string name, Parameter parameter)> named_parameters, double lr = 0.002, double beta1 = 0.9, double beta2 = 0.999,
                double eps = 1e-8, double weight_decay = 0, double momentum_decay = 4e-3) =>
                new(OptimizerHelper.Unnamed(named_parameters), lr, beta1, beta2, eps, weight_decay, momentum_decay);

            public static NAdam NAdam(
                IEnumerable<NAdam.ParamGroup> parameters, double lr = 0.002, double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-8,
                double weight_decay = 0, double momentum_decay = 4e-3) =>
                new(parameters, lr, beta1, beta2, eps, weight_decay, momentum_decay);
        }
    }
}

namespace TorchSharp.Modules
{
    /// <summary>NAdam: Adam with Nesterov momentum (Dozat, ICLR workshop 2016).</summary>
    public class NAdam : OptimizerHelper, IBetas
    {
        private readonly Options defaults;

        public NAdam(
            IEnumerable<Parameter> parameters, double lr, double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-8, double weight_decay = 0,
            double momentum_decay = 4e-3)
            : this([new ParamGroup { Parameters = parameters }], lr, beta1, beta2, eps, weight_decay, momentum_decay)
        {
        }

        public NAdam(
            IEnumerable<ParamGroup> parameters, double lr = 0.002, double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-8,
            double weight_decay = 0, double momentum_decay = 4e-3)
        {
            defaults = new Options
            {
                LearningRate = lr,
                beta1 = beta1,
                beta2 = beta2,
                eps = eps,
                weight_decay = weight_decay,
                momentum_decay = momentum_decay,
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
            double beta1 = o.beta1!.Value, beta2 = o.beta2!.Value, decay = o.momentum_decay!.Value;
            long step = batch.States[0].step;
            double mu = beta1 * (1 - 0.5 * Math.Pow(0.96, step * decay));
            double next = beta1 * (1 - 0.5 * Math.Pow(0.96, (step + 1) * decay));
            double product = batch.States[0].mu_product * mu;
            Array.ForEach(batch.States, s => s.mu_product = product);
            Tensor[] gradients = batch.Gradients, means = batch.Pick(static s => s.exp_avg), squares = batch.Pick(static s => s.exp_avg_sq);
            Foreach.MulInPlace(means, beta1);
            Foreach.AddInPlace(means, gradients, 1 - beta1);
            Foreach.MulInPlace(squares, beta2);
            Foreach.AddcmulInPlace(squares, gradients, gradients, 1 - beta2);
            Tensor[] divisors = Foreach.Div(squares, 1 - Math.Pow(beta2, step));
            Foreach.SqrtInPlace(divisors);
            Foreach.AddInPlace(divisors, o.eps!.Value);
            Foreach.AddcdivInPlace(batch.Parameters, gradients, divisors, -o.Rate * (1 - mu) / (1 - product));
            Foreach.AddcdivInPlace(batch.Parameters, means, divisors, -o.Rate * next / (1 - product * next));
            Foreach.Dispose(divisors);
        }

        public class Options : OptimizerOptions
        {
            public double? beta1;
            public double? beta2;
            public double? eps;
            public double? weight_decay;
            public double? momentum_decay;

            internal override void Visit(FieldVisitor v)
            {
                v.Real(ref beta1);
                v.Real(ref beta2);
                v.Real(ref eps);
                v.Real(ref weight_decay);
                v.Real(ref momentum_decay);
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
                double weight_decay = 0, double momentum_decay = 4e-3)
                : base(parameters, new Options
                {
                    LearningRate = lr,
                    beta1 = beta1,
                    beta2 = beta2,
                    eps = eps,
                    weight_decay = weight_decay,
                    momentum_decay = momentum_decay,
                })
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
            public double mu_product;
            public Tensor exp_avg = null!;
            public Tensor exp_avg_sq = null!;

            public override void Initialize(OptimizerOptions options)
            {
                step = 0;
                mu_product = 1;
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
                v.Real(ref mu_product);
                v.Tensor(ref exp_avg);
                v.Tensor(ref exp_avg_sq);
            }
        }
    }
}
