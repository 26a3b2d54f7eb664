using System.Collections;
using ModelZoo.Trust;

namespace ModelZoo.Inference;

/// <summary>
/// What a classifier says of one image: the most probable classes, the best first, and whether that is an answer at all. Where only the classes are wanted it
/// is taken for an array of them: <c>Prediction[] top = classifier.Predict("cat.jpg");</c>.
/// </summary>
public sealed class Answer : IReadOnlyList<Prediction>
{
    private readonly IReadOnlyList<Prediction> predictions;

    /// <summary>An answer, as tests of apps make one for an <see cref="IImageClassifier"/> of their own.</summary>
    /// <param name="predictions">The best first.</param>
    public Answer(IReadOnlyList<Prediction> predictions)
    {
        ArgumentNullException.ThrowIfNull(predictions);
        this.predictions = predictions;
    }

    /// <summary>Why the classifier does not know; of a model that is not calibrated always <see cref="Doubt.None"/>.</summary>
    public Doubt Doubt { get; init; }

    /// <summary>The reason in words: "unlike the pictures it was trained on"; null where the first class is the answer.</summary>
    public string? Unknown => Calibration.Reason(Doubt);

    /// <summary>
    /// Of a calibrated model: the classes that it may be, the most probable first; the true one is among them with the promised probability. None where no
    /// class is likely enough for that. Null of a model that is not calibrated.
    /// </summary>
    public IReadOnlyList<string>? MayBe { get; init; }

    /// <summary>Of a calibrated model: how far it lies from the training pictures (<see cref="FeatureNeighbors"/>); null where that is not looked at.</summary>
    public double? Distance { get; init; }

    /// <inheritdoc/>
    public int Count => predictions.Count;

    /// <inheritdoc/>
    public Prediction this[int index] => predictions[index];

    /// <inheritdoc/>
    public IEnumerator<Prediction> GetEnumerator() => predictions.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>The classes alone, without what is said of them as a whole (<see cref="Unknown"/>).</summary>
    public Prediction[] ToArray() => [.. predictions];

    /// <inheritdoc cref="ToArray"/>
    public static implicit operator Prediction[](Answer answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        return answer.ToArray();
    }
}
