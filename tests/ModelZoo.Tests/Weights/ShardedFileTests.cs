using System.Text;
using ModelZoo.Registry;
using ModelZoo.Tests.Training;
using ModelZoo.Weights;
using Xunit;

namespace ModelZoo.Tests.Weights;

/// <summary>Weights in several files, with Hugging Face's list of them.</summary>
[Collection(TorchCollection.Name)]
public sealed class ShardedFileTests : IDisposable
{
    private const string First = "model-00001-of-00002";
    private const string Second = "model-00002-of-00002";

    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("safetensors", "safetensors in 2 files")]
    [InlineData("pth", "PyTorch .pth (zip) in 2 files")]
    public void A_model_in_two_files_is_loaded_through_its_list(string ending, string format)
    {
        using ZooModel own = Samples.Fresh("lenet5", seed: 3);
        Shards(own, ending);
        using WeightsFile file = WeightsFile.Open(Index(Map(own, ending)));
        Assert.Equal((format, 10), (file.Format, file.Entries.Count));
        using ZooModel model = Samples.Fresh("lenet5");
        Assert.True(Checkpoint.Load(model, file).Complete);
        Dictionary<string, byte[]> want = Samples.Bytes(own);
        Assert.All(Samples.Bytes(model), e => Assert.Equal(want[e.Key], e.Value));
    }

    [Fact]
    public void One_of_the_files_alone_is_told_to_be_a_part()
    {
        using ZooModel own = Samples.Fresh("lenet5", seed: 3);
        Shards(own, "safetensors");
        string message = Assert.Throws<ZooException>(() => Checkpoint.Load(own, folder.File($"{First}.safetensors"))).Message;
        Assert.Contains("It is one of 2 files: give the list that lies beside them, model.safetensors.index.json.", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_missing_is_named()
    {
        using ZooModel own = Samples.Fresh("lenet5", seed: 3);
        Shards(own, "safetensors");
        File.Delete(folder.File($"{Second}.safetensors"));
        Assert.Contains($"1 of its 2 files is not there: {Second}.safetensors. Fetch", Refused(Map(own, "safetensors")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_tensor_that_is_not_where_the_list_says_is_named_and_one_that_is_not_on_it_too()
    {
        using ZooModel own = Samples.Fresh("lenet5", seed: 3);
        Shards(own, "safetensors");
        Assert.Contains($"says that 'conv1.weight' is in {Second}.safetensors, which does not have it",
            Refused($"{{\"weight_map\": {{\"conv1.weight\": \"{Second}.safetensors\"}}}}"), StringComparison.Ordinal);
        using WeightsFile part = WeightsFile.Open(Index($"{{\"weight_map\": {{\"conv1.weight\": \"{First}.safetensors\"}}}}"));
        Assert.Equal(["4 tensors of its files are not on the list, and left aside"], part.Notes);
    }

    [Theory]
    [InlineData("{\"weight_map\": {\"x\": \"../other.safetensors\"}}", "'../other.safetensors', which is not the plain name of a file beside it")]
    [InlineData("{\"weight_map\": {\"x\": \"/etc/passwd\"}}", "'/etc/passwd', which is not the plain name")]
    [InlineData("{\"weight_map\": {\"x\": \"model.safetensors.index.json\"}}", "which is not the plain name")]
    [InlineData("{\"weight_map\": {\"x\": \"a.safetensors\", \"x\": \"b.safetensors\"}}", "Duplicate")]
    [InlineData("{\"weight_map\": {\"x\": null}}", "names '', which is not the plain name")]
    [InlineData("{\"weight_map\": {\"x\": 3}}", "$.weight_map.x")]
    [InlineData("{\"weight_map\": {}}", "names 0 files of weights")]
    [InlineData("{\"metadata\": {}}", "weight_map")]
    [InlineData("{\"weight_map\": ", "its JSON is not as it should be")]
    [InlineData("{\"weight_map\": {\"\\ud800\": \"a.safetensors\"}}", "its JSON is not as it should be")]
    [InlineData("null", "its JSON is not as it should be")]
    [InlineData("<html></html>", "its JSON is not as it should be")]
    public void A_list_that_is_not_one_is_refused(string json, string expected)
    {
        string message = Refused(json);
        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    private string Refused(string json)
    {
        string path = Index(json);
        string message = Assert.ThrowsAny<ZooException>(() => WeightsFile.Open(path)).Message;
        Assert.StartsWith(path, message, StringComparison.Ordinal);
        return message;
    }

    private string Index(string json) => folder.Write("model.safetensors.index.json", Encoding.UTF8.GetBytes(json));

    private void Shards(ZooModel model, string ending)
    {
        WeightsTensor[] all = [.. model.state_dict().Select(e => new WeightsTensor(e.Key, DType.F32, e.Value.shape, Samples.Bytes(model)[e.Key]))];
        WeightsWriter.Write(folder.File($"{First}.{ending}"), all[..5]);
        WeightsWriter.Write(folder.File($"{Second}.{ending}"), all[5..]);
    }

    private static string Map(ZooModel model, string ending) => $"{{\"metadata\": {{\"total_size\": 246824}}, \"weight_map\": {{{string.Join(", ",
        model.state_dict().Keys.Select((k, i) => $"\"{k}\": \"{(i < 5 ? First : Second)}.{ending}\""))}}}}}";
}
