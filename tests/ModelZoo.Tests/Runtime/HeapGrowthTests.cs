using ModelZoo.Runtime;
using Xunit;

namespace ModelZoo.Tests.Runtime;

public class HeapGrowthTests
{
    [Theory]
    [InlineData("100 110 125 125", 0)] // a quarter more is let be
    [InlineData("100 126", 1)]
    [InlineData("100 112 124 130 105 120 126", 2)] // from 100 again, not from 105
    [InlineData("120 100 126", 1)] // from the least
    [InlineData("100 130 131 140", 1)] // as much right after a release: 112 and a quarter is let be
    [InlineData("100 130 131 141", 2)]
    [InlineData("100 200 200 200 200 200 200 200 200 200 200 200 200 200", 5)] // what the work needs now
    public void Free_memory_is_given_back_after_a_quarter_of_growth(string resident, int releases)
    {
        var sizes = new Queue<long>(resident.Split(' ').Select(long.Parse));
        int count = 0;
        var growth = new HeapGrowth(sizes.Dequeue, () => count++);
        while (sizes.Count > 0)
        {
            growth.Look();
        }

        Assert.Equal(releases, count);
    }

    [Fact]
    public void The_process_is_asked_at_most_once_a_second()
    {
        int asked = 0;
        var growth = new HeapGrowth(() => ++asked, static () => { });
        for (int i = 0; i < 1000; i++)
        {
            growth.Check();
        }

        Assert.InRange(asked, 1, 2);
    }
}
