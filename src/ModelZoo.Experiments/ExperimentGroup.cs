namespace ModelZoo.Experiments;

/// <summary>What kind of claim an experiment tries.</summary>
public enum ExperimentGroup
{
    /// <summary>Sizes, counts and costs: exact.</summary>
    Arithmetic,

    /// <summary>Two computations that must agree, on tensors in double.</summary>
    Identities,

    /// <summary>What training does, measured over seeds.</summary>
    Training,

    /// <summary>What a network sees, in pictures, with a number for what they are said to show.</summary>
    Pictures,
}
