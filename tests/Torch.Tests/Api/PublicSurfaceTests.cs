using System.Reflection;
using TorchSharp;
using Xunit;
using Xunit.Abstractions;

namespace Torch.Tests.Api;

/// <summary>
/// Everything else in the house is written against the public API of TorchSharp 0.105.1, so a type or member that only src/LibTorch had would be a trap.
/// The same test on the real TorchSharp shows that the listing and its reading are right.
/// </summary>
public class PublicSurfaceTests(ITestOutputHelper output)
{
    [Fact]
    public void Every_public_member_of_the_torch_assembly_is_one_of_TorchSharp_0_105_1()
    {
        Dictionary<string, HashSet<string>> listing = ApiListing.Read();
        Assembly torch = typeof(TorchSharp.torch.Tensor).Assembly;
        var strangers = new List<string>();
        int compared = 0;
        foreach (Type type in torch.GetTypes().Where(t => t.IsVisible && t.Namespace?.StartsWith("TorchSharp", StringComparison.Ordinal) == true))
        {
            if (listing.TryGetValue(ApiListing.FullName(type), out HashSet<string>? members))
            {
                foreach (string member in ApiListing.MembersOf(type))
                {
                    compared++;
                    if (!members.Contains(member))
                    {
                        strangers.Add($"{ApiListing.FullName(type)}: {member}");
                    }
                }
            }
            else
            {
                strangers.Add($"{ApiListing.FullName(type)}: the type itself");
            }
        }

        strangers.Order().ToList().ForEach(output.WriteLine);
        Assert.True(compared > 500, $"only {compared} members were compared");
        Assert.True(strangers.Count == 0, $"{strangers.Count} members are not in TorchSharp 0.105.1:\n{string.Join("\n", strangers.Order().Take(60))}");
    }

    [Fact]
    public void A_member_that_TorchSharp_lacks_would_be_reported()
    {
        HashSet<string> listed = ApiListing.Read()["TorchSharp.torch.Tensor"];
        string[] ours = [.. ApiListing.MembersOf(typeof(Invented))];
        Assert.Contains("Tensor add(Tensor target)", ours);
        Assert.Contains("Tensor add(Tensor target)", listed);
        Assert.DoesNotContain("Tensor add(Tensor other)", listed);
        Assert.Contains("Tensor add_twice(Tensor target)", ours);
        Assert.DoesNotContain("Tensor add_twice(Tensor target)", listed);
    }

#pragma warning disable CA1822, IDE1006, CA1707
    private sealed class Invented
    {
        public torch.Tensor add(torch.Tensor target) => target;

        public torch.Tensor add_twice(torch.Tensor target) => target;
    }
#pragma warning restore CA1822, IDE1006, CA1707
}
