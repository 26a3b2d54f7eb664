using ModelZoo.Imaging;
using ModelZoo.Inference;
using ModelZoo.Loading;
using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Tests.Training;
using ModelZoo.Training;
using ModelZoo.Transfer;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Transfer;

[Collection(TorchCollection.Name)]
public class DistillationTests
{
    private static readonly float[] Student = [1.5f, -0.25f, 0.75f, -1, 2, 0.5f], Taught = [0.5f, 1, -2, 0, 0.25f, 3];

    [Theory]
    [InlineData(1, 1)]
    [InlineData(4, 0.9)]
    [InlineData(20, 0.5)]
    public void Loss_and_gradient_are_the_formulas(double temperature, double alpha)
    {
        using DisposeScope scope = NewDisposeScope();
        using ImageTensors data = ImageTensors.FromTensors(zeros(2, 3), tensor(new long[] { 0, 2 }), ["a", "b", "c"]);
        using var objective = new Objective(new Recipe { DistillTemperature = temperature, DistillAlpha = alpha }, data, taught: true);
        Tensor outputs = tensor(Student, [2, 3], requires_grad: true);
        Tensor loss = objective.Loss(outputs, new Batch(zeros(2), data.Labels), tensor(Taught, [2, 3]));
        loss.backward();
        double[] x = [.. Student.Select(v => (double)v)];
        Assert.Equal(Formula(x), loss.item<float>(), 2e-6 + 1e-7 * temperature * temperature); // its rounding is multiplied too
        float[] slope = outputs.grad!.data<float>().ToArray();
        for (int i = 0; i < x.Length; i++)
        {
            double[] up = [.. x], down = [.. x];
            (up[i], down[i]) = (up[i] + 1e-5, down[i] - 1e-5);
            Assert.Equal((Formula(up) - Formula(down)) / 2e-5, slope[i], 3e-6);
        }

        // Hinton et al. 2015, section 2: soft targets' gradients scale by 1/T², so theirs are multiplied by it.
        double Formula(double[] logits)
        {
            double sum = 0;
            for (int b = 0; b < 2; b++)
            {
                double[] own = [.. logits[(3 * b)..(3 * b + 3)]], its = [.. Taught[(3 * b)..(3 * b + 3)].Select(v => (double)v)];
                double[] p = Softmax(its, temperature), q = Softmax(own, temperature);
                double soft = temperature * temperature * p.Zip(q, (a, c) => a * Math.Log(a / c)).Sum();
                sum += (1 - alpha) * -Math.Log(Softmax(own, 1)[b == 0 ? 0 : 2]) + alpha * soft;
            }

            return sum / 2;
        }
    }

    [Fact]
    public void Who_answers_as_the_teacher_has_nothing_to_learn_and_a_factor_that_is_missing_is_found()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor student = tensor(Student, [2, 3]), taught = tensor(Taught, [2, 3]);
        Assert.Equal(0, Teacher.Loss(student, student, 4).item<float>(), 1e-6f);
        Assert.Equal(1.438812017440796, Teacher.Loss(student, taught, 4).item<float>(), 1e-5); // 16·kl_div(…, reduction="batchmean") of PyTorch 1.13
        Assert.NotEqual(1.438812017440796 / 16, Teacher.Loss(student, taught, 4).item<float>(), 1e-2); // without T²
    }

    [Fact]
    public void Classes_are_matched_by_name_and_other_normalizations_are_undone()
    {
        using ResolvedModel model = Network(["c", "a", "b"]);
        Preprocessing student = model.Preprocessing with { Mean = [0.1f], Std = [0.4f] };
        using TeacherNetwork network = TeacherNetwork.Of(model, ["a", "b", "c"], model.Preprocessing, student, "big");
        using DisposeScope scope = NewDisposeScope();
        model.Model.eval();
        random.manual_seed(2);
        Tensor pixels = rand(4, 1, 28, 28);
        Tensor own = pixels.sub(model.Preprocessing.Mean[0]).div(model.Preprocessing.Std[0]);
        Tensor expected = model.Model.call(own).index_select(1, tensor(new long[] { 1, 2, 0 }));
        Tensor found = network.Teacher.Logits(pixels.sub(0.1).div(0.4));
        Assert.True(expected.sub(found).abs().max().item<float>() < 1e-4);
        Assert.False(found.requires_grad);
        Assert.StartsWith("big, sha256 ", network.Teacher.Name, StringComparison.Ordinal);
        Assert.Contains("does not know 'd'; the data do not have 'c'", Refusal(["a", "b", "d"], student), StringComparison.Ordinal);
        Assert.Contains("sees images otherwise", Refusal(["a", "b", "c"], student with { Height = 32, Width = 32 }), StringComparison.Ordinal);

        string Refusal(string[] classes, Preprocessing seen) =>
            Assert.Throws<ZooException>(() => TeacherNetwork.Of(model, classes, model.Preprocessing, seen, "big")).Message;
    }

    [Fact]
    public void A_student_comes_to_answer_as_its_teacher_and_goes_on_only_with_it()
    {
        using var folder = new TempFolder();
        using ImageTensors data = Samples.Tensors("small_cnn", 200);
        Tensor inputs = data.Batch([.. Enumerable.Range(0, 200)]).Inputs;
        using ImageTensors wrong = ImageTensors.FromTensors(inputs, data.Labels.add(1).remainder(10), data.ClassNames);
        using ZooModel taught = Samples.Fresh("small_cnn", seed: 2);
        new Trainer(taught, Samples.Quick with { Epochs = 12 }, new TrainerOptions { Seed = 1 }).Fit(data, null);
        taught.eval();
        var teacher = new Teacher("first", batch =>
        {
            using IDisposable off = no_grad();
            return taught.call(batch);
        });
        Recipe recipe = Samples.Quick with { Epochs = 12, DistillAlpha = 1 };
        (double plain, double distilled) = (Apart(null, "plain", false), Apart(teacher, "distilled", false));
        Assert.True(distilled < 0.6 && plain > 1.5, $"{distilled}, {plain}"); // its labels are wrong, and it does not look at them
        Assert.Contains("teacher was first and is other", Assert.Throws<ZooException>(() =>
            Apart(teacher with { Name = "other" }, "distilled", true)).Message, StringComparison.Ordinal);
        Assert.Contains("there is none", Assert.Throws<ZooException>(() => new Trainer(taught, recipe).Fit(data, null)).Message, StringComparison.Ordinal);
        var several = new TargetTable(new() { Kind = TaskKind.MultiLabel }, 3, new float[6]);
        using ImageTensors labels = ImageTensors.FromTensors(zeros(2, 3), arange(2L), ["a", "b", "c"], several);
        var options = new TrainerOptions { Teacher = teacher };
        Assert.Contains("A teacher is for one class", Assert.Throws<ZooException>(() => new Trainer(new Passing(), recipe, options).Fit(labels, null)).Message,
            StringComparison.Ordinal);

        // How far the student's probabilities are from the teacher's.
        double Apart(Teacher? from, string name, bool resume)
        {
            using ZooModel model = Samples.Fresh("small_cnn", seed: 5);
            new Trainer(model, from is null ? recipe with { DistillAlpha = null } : recipe, new TrainerOptions
            {
                Seed = 4,
                Teacher = from,
                RunFolder = folder.File(name),
                Resume = resume,
                Describe = _ => Samples.Description("small_cnn"),
            }).Fit(wrong, null);
            float[][] own = CrossValidation.Probabilities(model, data), its = CrossValidation.Probabilities(taught, data);
            return own.Zip(its, (a, b) => a.Zip(b, (p, q) => Math.Abs(p - q)).Sum()).Average();
        }
    }

    private static double[] Softmax(double[] logits, double temperature)
    {
        double[] e = [.. logits.Select(v => Math.Exp(v / temperature))];
        return [.. e.Select(v => v / e.Sum())];
    }

    private static ResolvedModel Network(string[] labels)
    {
        random.manual_seed(3);
        ModelInfo info = Catalog.Models.Find("small_cnn");
        ModelOptions options = info.Defaults with { NumClasses = labels.Length };
        return new ResolvedModel
        {
            Model = info.Create(options),
            Info = info,
            Options = options,
            Labels = labels,
            Preprocessing = new(1, 28, 28, Fit.Resize, [0.3f], [0.5f]),
            Trained = true,
        };
    }
}
