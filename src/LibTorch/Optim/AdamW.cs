using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.optim;

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class optim
        {
            /// <summary>Adam with decoupled weight decay (arXiv:1711.05101).</summary>
            public static AdamW AdamW(
                IEnumerable<Parameter> parameters, double lr = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-8,
                double weight_decay = 0, bool amsgrad = false, bool maximize = false) =>
                new(parameters, lr, beta1, beta2, eps, weight_decay, amsgrad, maximize);

            public static AdamW AdamW(
                IEnumerable<(string name, Parameter parameter)> parameters, double lr = 1e-3, double beta1 = 0.9, double beta2 = 0.999,
                double eps = 1e-8, double weight_decay = 0, bool amsgrad = false, bool maximize = false) =>
                new(OptimizerHelper.Unnamed(parameters), lr, beta1, beta2, eps, weight_decay, amsgrad, maximize);

            public static AdamW AdamW(
                IEnumerable<AdamW.ParamGroup> parameters, double lr = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-8,
                double weight_decay = 0, bool amsgrad = false, bool maximize = false) =>
                new(parameters, lr, beta1, beta2, eps, weight_decay, amsgrad, maximize);
        }
    }
}

namespace TorchSharp.Modules
{
    /// <summary>Adam with decoupled weight decay (arXiv:1711.05101).</summary>
    public class AdamW : OptimizerHelper, IBetas
    {
        private readonly Options defaults;

        public AdamW(
            IEnumerable<Parameter> parameters, double lr = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-8, double weight_decay = 0,
            bool amsgrad = false, bool maximize = false)
            : this([new ParamGroup { Parameters = parameters }], lr, beta1, beta2, eps, weight_decay, amsgrad, maximize)
        {
        }

        public AdamW(
            IEnumerable<ParamGroup> parameters, double lr = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-8,
            double weight_decay = 0, bool amsgrad = false, bool maximize = false)
        {
            defaults = new Options
            {
                LearningRate = lr,
                beta1 = beta1,
                beta2 = beta2,
                eps = eps,
                weight_decay = weight_decay,
                amsgrad = amsgrad,
                maximize = maximize,
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
            using Batch<State> batch = Collect<State>(group, o.maximize, null);
            Array.ForEach(batch.States, static s => s.step++);
            foreach (Batch<State> same in batch.BySteps(static s => s.step))
            {
                Update(same, o);
            }
        }

        private static void Update(Batch<State> batch, Options o)
        {
            if (o.weight_decay is { } decay && decay != 0)
            {
                Foreach.MulInPlace(batch.Parameters, 1 - o.Rate * decay);
            }

            AdamRule.Apply(
                batch.Parameters,
                batch.Gradients,
                batch.Pick(static s => s.exp_avg),
                batch.Pick(static s => s.exp_avg_sq),
                o.amsgrad == true ? batch.Pick(static s => s.max_exp_avg_sq!) : null,
                batch.States[0].step,
                o.Rate,
                (o.beta1!.Value, o.beta2!.Value),
                o.eps!.Value);
        }

        public class Options : OptimizerOptions
        {
            public double? beta1;
            public double? beta2;
            public double? eps;
            public double? weight_decay;
            public bool? amsgrad;
            public bool? maximize;

            internal override void Visit(FieldVisitor v)
            {
                v.Real(ref beta1);
                v.Real(ref beta2);
                v.Real(ref eps);
                v.Real(ref weight_decay);
                v.Flag(ref amsgrad);
                v.Flag(ref maximize);
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
                IEnumerable<Parameter> parameters, double lr = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-8,
                double weight_decay = 0, bool amsgrad = false, bool maximize = false)
                : base(parameters, new Options
                {
                    LearningRate = lr,
                    beta1 = beta1,
                    beta2 = beta2,
                    eps = eps,
                    weight_decay = weight_decay,
                    amsgrad = amsgrad,
                    maximize = maximize,
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
            public Tensor exp_avg = null!;
            public Tensor exp_avg_sq = null!;
            public Tensor? max_exp_avg_sq;

            public override void Initialize(OptimizerOptions options)
            {
                step = 0;
                Reset(ref exp_avg);
                Reset(ref exp_avg_sq);
                max_exp_avg_sq?.Dispose();
                max_exp_avg_sq = null;
                if (((Options)options).amsgrad == true)
                {
                    Tensor zeros = null!;
                    Reset(ref zeros);
                    max_exp_avg_sq = zeros;
                }
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
                v.Optional(ref max_exp_avg_sq);
            }
        }
    }
}
