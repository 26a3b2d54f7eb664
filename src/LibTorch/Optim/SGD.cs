using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.optim;

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class optim
        {
            /// <summary>Stochastic gradient descent, with momentum: v ← μ·v + (1 − dampening)·g, w ← w − lr·v (or, by Nesterov, w − lr·(g + μ·v)).</summary>
            public static SGD SGD(
                IEnumerable<Parameter> parameters, double learningRate, double momentum = 0.0, double dampening = 0.0, double weight_decay = 0.0,
                bool nesterov = false, bool maximize = false) =>
                new(parameters, learningRate, momentum, dampening, weight_decay, nesterov, maximize);

            public static SGD SGD(
                IEnumerable<(string name, Parameter parameter)> parameters, double learningRate, double momentum = 0.0, double dampening = 0.0,
                double weight_decay = 0.0, bool nesterov = false, bool maximize = false) =>
                new(OptimizerHelper.Unnamed(parameters), learningRate, momentum, dampening, weight_decay, nesterov, maximize);

            public static SGD SGD(
                IEnumerable<SGD.ParamGroup> parameters, double learningRate, double momentum = 0.0, double dampening = 0.0, double weight_decay = 0.0,
                bool nesterov = false, bool maximize = false) =>
                new(parameters, learningRate, momentum, dampening, weight_decay, nesterov, maximize);
        }
    }
}

namespace TorchSharp.Modules
{
    /// <summary>Stochastic gradient descent, with momentum: v ← μ·v + (1 − dampening)·g, w ← w − lr·v (or, by Nesterov, w − lr·(g + μ·v)).</summary>
    public class SGD : OptimizerHelper, IMomentum
    {
        private readonly Options defaults;

        public SGD(
            IEnumerable<Parameter> parameters, double lr, double momentum = 0.0, double dampening = 0.0, double weight_decay = 0.0,
            bool nesterov = false, bool maximize = false)
            : this([new ParamGroup { Parameters = parameters }], lr, momentum, dampening, weight_decay, nesterov, maximize)
        {
        }

        public SGD(
            IEnumerable<ParamGroup> parameters, double lr, double momentum = 0.0, double dampening = 0.0, double weight_decay = 0.0,
            bool nesterov = false, bool maximize = false)
        {
            defaults = new Options
            {
                LearningRate = lr,
                momentum = momentum,
                dampening = dampening,
                weight_decay = weight_decay,
                nesterov = nesterov,
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

            double momentum = o.momentum!.Value;
            if (momentum == 0)
            {
                Foreach.AddInPlace(batch.Parameters, batch.Gradients, -o.Rate);
                return;
            }

            Tensor[] buffers = Accumulate(batch, momentum, o.dampening!.Value);
            if (o.nesterov != true)
            {
                Foreach.AddInPlace(batch.Parameters, buffers, -o.Rate);
                return;
            }

            Tensor[] ahead = Foreach.Add(batch.Gradients, buffers, momentum);
            Foreach.AddInPlace(batch.Parameters, ahead, -o.Rate);
            Foreach.Dispose(ahead);
        }

        /// <summary>Moves the momentum buffers; the first gradient of a parameter is its first buffer, undamped.</summary>
        private static Tensor[] Accumulate(Batch<State> batch, double momentum, double dampening)
        {
            State[] states = batch.States;
            if (!Array.Exists(states, static s => s.momentum_buffer is null))
            {
                Tensor[] all = batch.Pick(static s => s.momentum_buffer!);
                Foreach.MulInPlace(all, momentum);
                Foreach.AddInPlace(all, batch.Gradients, 1 - dampening);
                return all;
            }

            for (int i = 0; i < states.Length; i++)
            {
                if (states[i].momentum_buffer is { } buffer)
                {
                    Foreach.MulInPlace([buffer], momentum);
                    Foreach.AddInPlace([buffer], [batch.Gradients[i]], 1 - dampening);
                }
                else
                {
                    states[i].momentum_buffer = Foreach.Clone(batch.Gradients[i]);
                }
            }

            return batch.Pick(static s => s.momentum_buffer!);
        }

        public class Options : OptimizerOptions
        {
            public double? momentum;
            public double? dampening;
            public double? weight_decay;
            public bool? nesterov;
            public bool? maximize;

            internal override void Visit(FieldVisitor v)
            {
                v.Real(ref momentum);
                v.Real(ref dampening);
                v.Real(ref weight_decay);
                v.Flag(ref nesterov);
                v.Flag(ref maximize);
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
                IEnumerable<Parameter> parameters, double lr = 1e-3, double momentum = 0.0, double dampening = 0.0, double weight_decay = 0.0,
                bool nesterov = false, bool maximize = false)
                : base(parameters, new Options
                {
                    LearningRate = lr,
                    momentum = momentum,
                    dampening = dampening,
                    weight_decay = weight_decay,
                    nesterov = nesterov,
                    maximize = maximize,
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
            public Tensor? momentum_buffer;

            public override void Initialize(OptimizerOptions options)
            {
                momentum_buffer?.Dispose();
                momentum_buffer = null;
            }

            public void Dispose()
            {
                DisposeTensors();
                GC.SuppressFinalize(this);
            }

            internal override void Visit(FieldVisitor v)
            {
                v.Optional(ref momentum_buffer);
            }
        }
    }
}
