using ModelZoo.Data;
using Xunit;

namespace ModelZoo.Tests.Data;

/// <summary>Labels are names: where a class is in a list says nothing.</summary>
public class ClassMatchTests
{
    [Theory]
    [InlineData("ants,bees", "bees,ants", "1,0")]
    [InlineData("1,10,2", "1,2,10", "0,2,1")] // folders in ordinal order, a model that counted
    [InlineData("bees", "ants,bees,wasps", "1")]
    [InlineData("Ants,BEES", "bees,ants", "1,0")]
    [InlineData("golden retriever,hot-dog", "hot_dog,Golden_Retriever", "1,0")]
    [InlineData("a,A", "A,a", "1,0")] // the same name wins over one that is alike
    [InlineData("n02087394,n01440764", "tench,goldfish", "0,1")] // ImageNet's ids come in the order of its classes
    public void A_class_is_found_by_its_name(string names, string labels, string expected)
    {
        LabeledImages matched = Images(names.Split(',')).WithClasses(labels.Split(','));
        Assert.Equal(labels.Split(','), matched.Info.ClassNames);
        Assert.Equal(expected.Split(',').Select(int.Parse), matched.Labels.ToArray());
    }

    [Theory]
    [InlineData("Ants,bees", "bees,ants", "'Ants' is taken for the model's 'ants'")]
    [InlineData("n02087394,n01440764", "tench,goldfish", "WordNet ids")]
    public void What_is_more_than_equal_names_is_said(string names, string labels, string expected) =>
        Assert.Contains(expected, Assert.Single(Images(names.Split(',')).WithClasses(labels.Split(',')).Remarks), StringComparison.Ordinal);

    [Theory]
    [InlineData("ants,bees", "cats,dogs", "none of its classes", "'ants', 'bees'", "'cats', 'dogs'")]
    [InlineData("ants,bees", "0,1", "none of its classes", "`zoo import … --labels`", "'0', '1'")]
    [InlineData("ants,bees,wasps", "ants,bees", "does not know 'wasps'", "'ants', 'bees', 'wasps'", "Take those folders out")]
    [InlineData("Ants,ANTS", "ants,bees", "none of its classes", "'Ants', 'ANTS'", "'ants', 'bees'")]
    [InlineData("hymenoptera", "ants,bees", "none of its classes", "'hymenoptera'", "'ants', 'bees'")]
    public void Names_that_the_model_lacks_are_refused_with_both_lists(string names, string labels, params string[] expected)
    {
        string message = Assert.Throws<ZooException>(() => Images(names.Split(',')).WithClasses(labels.Split(','))).Message;
        Assert.All(expected, part => Assert.Contains(part, message, StringComparison.Ordinal));
    }

    [Fact]
    public void A_class_without_images_need_not_be_known()
    {
        ImageDataset images = Images(["ants", "bees", "wasps"]).Subset([0, 1]);
        Assert.Equal([1, 0], images.WithClasses(["bees", "ants"]).Labels.ToArray());
    }

    [Fact]
    public void The_same_names_are_the_same_data()
    {
        ImageDataset images = Images(["ants", "bees"]);
        Assert.Same(images, images.WithClasses(["ants", "bees"]));
    }

    // One image a class.
    private static ImageDataset Images(string[] names) => ImageDataset.FromBytes(new DatasetInfo("some/test", "", "", names), new ImageShape(1, 1, 1),
        new byte[names.Length], 255, [.. Enumerable.Range(0, names.Length)]);
}
