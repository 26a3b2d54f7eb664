using System.Text;
using ModelZoo.Training;
using ModelZoo.Training.Runs;
using ModelZoo.Weights;
using Xunit;

namespace ModelZoo.Tests.Training;

/// <summary>Files of a run that somebody else wrote: one line that names the file, whatever they hold.</summary>
public sealed class HostileRunTests : IDisposable
{
    private static readonly Dictionary<string, string> Identity = new() { ["recipe"] = new Recipe().ToJson(), ["steps"] = "10" };

    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("""{"a":"\ud800"}""")]
    [InlineData("""{"a":1,"a":2}""")]
    [InlineData("""{"a":1,"\u0061":2}""")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("{\"a\":\"\u0000\"}")]
    [InlineData("""{"a":{"b":{"c":{"d":{"e":{"f":{"g":{"h":{"i":{"j":{"k":{"l":{"m":{"n":{"o":{"p":{"q":1}}}}}}}}}}}}}}}}}""")]
    public void A_description_that_is_none_is_refused(string json)
    {
        string message = Assert.Throws<ZooException>(() => RunDescription.Read(folder.Write("run.json", Encoding.UTF8.GetBytes(json)))).Message;
        Assert.StartsWith(folder.File("run.json") + ": ", message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    [Fact]
    public void A_description_that_is_no_text_is_refused_and_a_good_one_read()
    {
        string broken = folder.Write("run.json", [.. "{\""u8, 0xFF, .. "\":1}"u8]);
        Assert.Contains("not valid UTF-8", Assert.Throws<ZooException>(() => RunDescription.Read(broken)).Message, StringComparison.Ordinal);
        Dictionary<string, string> read = RunDescription.Read(folder.Write("run.json", """{"model":"lenet5","threads":2,"git_commit":null}"""u8.ToArray()));
        Assert.Equal(new() { ["model"] = "lenet5", ["threads"] = "2" }, read);
    }

    [Theory]
    [InlineData("epochs", "null")]
    [InlineData("plateau", "null")]
    [InlineData("parameter_steps", "null")]
    [InlineData("epochs", "[null]")]
    [InlineData("epoch", "null")]
    [InlineData("epoch", "\"x\"")]
    [InlineData("epoch", "1e99")]
    [InlineData("epoch", "1,\"epoch\":2")]
    [InlineData("parameter_steps", """{"a":1,"a":2}""")]
    [InlineData("seconds", "\"seven\"")]
    public void A_state_with_a_value_that_is_none_is_refused(string key, string value)
    {
        string message = Refused($"{{\"{key}\":{value}}}", Text(Identity));
        Assert.Contains("start the run anew", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("recipe", """{"epochs":1,"epochs":2}""")]
    [InlineData("recipe", "{")]
    [InlineData("recipe", "[1]")]
    [InlineData("recipe", """{"epochs":"\ud800"}""")]
    [InlineData("recipe", null)]
    [InlineData("steps", null)]
    public void A_state_of_a_recipe_that_is_none_is_refused(string key, string? value) =>
        Refused(new RunState().ToJson(), Text(new Dictionary<string, string?>(Identity!) { [key] = value }));

    [Fact]
    public void A_state_goes_out_and_comes_back()
    {
        var state = new RunState { Epoch = 3, LossSum = double.NaN, ParameterSteps = new() { ["a"] = 7 }, Best = 0.5 };
        state.Epochs.Add(new(1, 0.25, 0.5, null, 1.5, 32) { LearningRate = 0.1, Thresholds = [0.25, 0.75] });
        state.Plateau.Factor = 0.1;
        using WeightsFile file = State(state.ToJson(), Text(Identity));
        RunState read = TrainingStateFile.Read(file, Identity, new Recipe());
        Assert.Equal((3, double.NaN, 7L, 0.5, 0.1), (read.Epoch, read.LossSum, read.ParameterSteps["a"], read.Best, read.Plateau.Factor));
        Assert.Equal((0.25, 32, 0.1), (read.Epochs[0].Loss, read.Epochs[0].Images, read.Epochs[0].LearningRate));
        Assert.Equal([0.25, 0.75], read.Epochs[0].Thresholds);
    }

    private static string Text<T>(Dictionary<string, T> identity) => System.Text.Json.JsonSerializer.Serialize(identity);

    private string Refused(string state, string identity)
    {
        using WeightsFile file = State(state, identity);
        string message = Assert.Throws<ZooException>(() => TrainingStateFile.Read(file, Identity, new Recipe())).Message;
        Assert.StartsWith(file.Name + ": ", message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
        return message;
    }

    private WeightsFile State(string state, string identity)
    {
        string path = folder.File("state.safetensors");
        SafetensorsWriter.Write(path, [], new Dictionary<string, string> { ["modelzoo.training"] = state, ["modelzoo.run"] = identity });
        return WeightsFile.Open(path);
    }
}
