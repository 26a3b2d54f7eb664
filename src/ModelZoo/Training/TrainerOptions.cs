using ModelZoo.Distributed;
using ModelZoo.Weights;
using static TorchSharp.torch;

namespace ModelZoo.Training;

/// <summary>What a training run needs beside model, recipe and data.</summary>
public sealed record TrainerOptions
{
    /// <summary>Decides the order of the images, their augmentation and dropout.</summary>
    public ulong Seed { get; init; }

    /// <summary>Where to compute; null: where the model is.</summary>
    public Device? Device { get; init; }

    /// <summary>Where the checkpoint goes after every epoch and on cancellation; needs <see cref="Describe"/>. Null: none is written.</summary>
    public string? CheckpointPath { get; init; }

    /// <summary>
    /// Where the checkpoint of the epoch with the best test accuracy goes (where nothing is tested: the lowest training loss); until an epoch is complete it
    /// holds the state so far. Needs <see cref="Describe"/>. Null: none is written.
    /// </summary>
    public string? BestPath { get; init; }

    /// <summary>
    /// Where the run is recorded (<see cref="Runs.RunFolder"/>): recipe, description, log, TensorBoard events, curves, the checkpoints last and best, and
    /// the state to go on from. Needs <see cref="Describe"/>. Null: nothing is recorded.
    /// </summary>
    public string? RunFolder { get; init; }

    /// <summary>
    /// Whether to go on from the state in <see cref="RunFolder"/>, with the same bits as if the run had never stopped; a folder without a state begins anew.
    /// </summary>
    public bool Resume { get; init; }

    /// <summary>With a run folder: saves the state after every so many steps too; 0: only after epochs.</summary>
    public int SaveEverySteps { get; init; }

    /// <summary>With a run folder: saves the state after the first step that finishes this long after the last save; null: only after epochs.</summary>
    public TimeSpan? SaveEvery { get; init; }

    /// <summary>With a run folder: steps between two lines of the log.</summary>
    public int LogEverySteps { get; init; } = 50;

    /// <summary>With a run folder: what else run.json says: model, data, flags. A run is resumed only with the same.</summary>
    public IReadOnlyDictionary<string, string> Notes { get; init; } = new Dictionary<string, string>();

    /// <summary>Makes the checkpoint's description from what is trained so far.</summary>
    public Func<TrainingResult, CheckpointInfo>? Describe { get; init; }

    /// <summary>What the checkpoint holds; null: the model that is trained. A head that is trained by itself says the whole model here.</summary>
    public nn.Module? CheckpointModel { get; init; }

    /// <summary>Ends the training after so many steps; the schedule then ends there too.</summary>
    public int? MaxSteps { get; init; }

    /// <summary>Ends the training at the first step that finishes later than this.</summary>
    public TimeSpan? TimeLimit { get; init; }

    /// <summary>Ends the training after an epoch with at least this test accuracy, in [0,1].</summary>
    public double? TargetAccuracy { get; init; }

    /// <summary>
    /// If given, only this part of the model is in train mode, the rest in eval mode (a frozen backbone without dropout); whether parameters change is for
    /// their requires_grad to say.
    /// </summary>
    public nn.Module? TrainOnly { get; init; }

    /// <summary>Parameters that learn at a rate of their own; what is in no group learns at the recipe's. Null: all do.</summary>
    public IReadOnlyList<ParameterGroup>? ParameterGroups { get; init; }

    /// <summary>
    /// Called before each epoch with its number, from 1; it may change requires_grad, and what is trained is then read anew: what stays trained keeps its
    /// optimizer's state. A run that is resumed calls it again for every epoch from 1 to its own.
    /// </summary>
    public Action<int>? OnEpoch { get; init; }

    /// <summary>
    /// Sets the mode of the modules at the start of each training epoch. Null: train mode, but eval mode for normalization layers that are frozen and for what
    /// <see cref="TrainOnly"/> leaves out.
    /// </summary>
    public Action<nn.Module>? TrainMode { get; init; }

    /// <summary>
    /// The most bytes that a step may take by the arithmetic of its layers; null: all that this process may use. It is asked on the processor alone, before the
    /// first step: a GPU says itself when its memory is full.
    /// </summary>
    public long? MaxMemory { get; init; }

    /// <summary>Test after every so many epochs, and always after the last; 0: only after the last.</summary>
    public int TestEvery { get; init; } = 1;

    /// <summary>A network whose answers are learned beside the labels, by the recipe's <see cref="Recipe.DistillAlpha"/>; null: the labels alone.</summary>
    public Teacher? Teacher { get; init; }

    /// <summary>Receives what is found before the training begins, in words.</summary>
    public IProgress<string>? Remarks { get; init; }

    /// <summary>
    /// The processes that train one model together, each on its share of every batch; null: this one alone. All are given the same data, recipe and seed; paths
    /// and <see cref="Describe"/> are rank 0's alone.
    /// </summary>
    public RankGroup? Ranks { get; init; }

    /// <summary>Only finds the learning rate (<see cref="TrainingResult.RangeTest"/>), with these rates; nothing is trained.</summary>
    internal RangeTestOptions? RangeTestOnly { get; init; }

    /// <summary>The learning rate of each step, from 0, instead of the schedule's.</summary>
    internal Func<int, double>? RateOfStep { get; init; }

    /// <summary>Hears of each step its rate and loss.</summary>
    internal Action<double, double>? AfterStep { get; init; }

    /// <summary>Whether losses stay on the device until they are needed; null: everywhere but on the CPU. It changes no figure.</summary>
    internal bool? DefersFigures { get; init; }
}

/// <summary>Parameters that learn faster or slower than the recipe says.</summary>
/// <param name="Name">What messages and logs call the group.</param>
/// <param name="Parameters">Their names, as <c>named_parameters()</c> gives them; no parameter may be in two groups.</param>
/// <param name="RateFactor">What the learning rate is multiplied by; 0 leaves them as they are.</param>
public sealed record ParameterGroup(string Name, IReadOnlyList<string> Parameters, double RateFactor);
