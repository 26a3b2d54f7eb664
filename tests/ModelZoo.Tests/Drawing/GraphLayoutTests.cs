using ModelZoo.Analysis;
using ModelZoo.Drawing;
using ModelZoo.Plots;
using Xunit;

namespace ModelZoo.Tests.Drawing;

public class GraphLayoutTests
{
    private const double Width = 130;

    public static TheoryData<string> Graphs => ["residual", "dense", "inception", "one", "random 1", "random 2", "random 3", "random 4", "random 5"];

    [Theory]
    [MemberData(nameof(Graphs))]
    public void No_two_boxes_overlap(string name)
    {
        GraphLayout layout = Layout(name);
        for (int i = 0; i < layout.Boxes.Count; i++)
        {
            for (int j = 0; j < i; j++)
            {
                Assert.False(layout.Boxes[i].Overlaps(layout.Boxes[j]), $"{i} and {j}");
            }
        }

        Assert.All(layout.Boxes, box => Assert.True(box.X >= 0 && box.Y >= 0 && box.Right <= layout.Width && box.Bottom <= layout.Height));
    }

    [Theory]
    [MemberData(nameof(Graphs))]
    public void Every_edge_runs_downwards_from_its_source_to_its_target(string name)
    {
        IReadOnlyList<IReadOnlyList<int>> inputs = Inputs(name);
        GraphLayout layout = GraphLayout.Of(inputs, Width);
        Assert.Equal(inputs.SelectMany((sources, target) => sources.Distinct().Select(source => (source, target))),
            layout.Routes.Select(r => (r.Source, r.Target)));
        foreach (Route route in layout.Routes)
        {
            Assert.All(route.Points.Zip(route.Points.Skip(1)), pair => Assert.True(pair.First.Y < pair.Second.Y));
            Assert.Equal(layout.Boxes[route.Source].Bottom, route.Points[0].Y);
            Assert.Equal(layout.Boxes[route.Target].Y, route.Points[^1].Y);
            Assert.InRange(route.Points[0].X, layout.Boxes[route.Source].X, layout.Boxes[route.Source].Right);
            Assert.InRange(route.Points[^1].X, layout.Boxes[route.Target].X, layout.Boxes[route.Target].Right);
        }
    }

    [Theory]
    [MemberData(nameof(Graphs))]
    public void No_edge_crosses_a_box(string name)
    {
        GraphLayout layout = Layout(name);
        foreach (Route route in layout.Routes)
        {
            for (int i = 1; i < route.Points.Count; i++)
            {
                // A curve with upright ends stays in the rectangle of its two ends.
                (Place a, Place b) = (route.Points[i - 1], route.Points[i]);
                var reach = new Box(Math.Min(a.X, b.X), a.Y, Math.Abs(a.X - b.X) + 0.01, b.Y - a.Y);
                Assert.DoesNotContain(layout.Boxes, box => box.Overlaps(reach));
            }
        }
    }

    [Fact]
    public void The_same_graph_gives_the_same_drawing()
    {
        GraphLayout a = Layout("random 7"), b = Layout("random 7");
        Assert.Equal(a.Boxes, b.Boxes);
        Assert.Equal(a.Routes.SelectMany(r => r.Points), b.Routes.SelectMany(r => r.Points));
    }

    [Fact]
    public void Branches_stand_side_by_side_and_a_chain_is_straight()
    {
        // 0 → 1 → 2 → 4 and 0 → 3 → 4, then 4 → 5.
        GraphLayout layout = GraphLayout.Of([[], [0], [1], [0], [2, 3], [4]], Width);
        Assert.Equal(layout.Boxes[1].Y, layout.Boxes[3].Y);
        Assert.Equal(layout.Boxes[1].X, layout.Boxes[2].X);
        Assert.Equal(layout.Boxes[4].X, layout.Boxes[5].X);
    }

    [Fact]
    public void Lines_of_two_parallel_branches_need_not_cross()
    {
        // Two chains, whose nodes come alternately in the order of execution.
        GraphLayout layout = GraphLayout.Of([[], [], [1], [0], [3], [2]], Width);
        Assert.Equal(layout.Boxes[0].X, layout.Boxes[4].X);
        Assert.Equal(layout.Boxes[1].X, layout.Boxes[5].X);
    }

    [Fact]
    public void A_frame_holds_its_group_and_nothing_else()
    {
        int[][] groups = [[1, 2, 3], [1, 2], [0, 5]];
        GraphLayout layout = GraphLayout.Of([[], [0], [1], [0], [2, 3], [4]], Width, groups);
        Assert.DoesNotContain(layout.Frames, frame => frame.Group == 2);
        foreach (ModelZoo.Drawing.Frame frame in layout.Frames)
        {
            for (int box = 0; box < layout.Boxes.Count; box++)
            {
                Assert.Equal(groups[frame.Group].Contains(box), frame.Box.Overlaps(layout.Boxes[box]));
            }
        }

        Assert.Contains(layout.Frames, frame => frame.Group == 1);
    }

    [Fact]
    public void A_graph_out_of_order_is_refused() => Assert.Throws<ArgumentException>(() => GraphLayout.Of([[1], []], Width));

    private static GraphLayout Layout(string name) => GraphLayout.Of(Inputs(name), Width);

    private static IReadOnlyList<IReadOnlyList<int>> Inputs(string name)
    {
        NetworkGraph graph = name.Split(' ') switch
        {
            ["residual"] => SampleGraphs.Residual(2, 2),
            ["dense"] => SampleGraphs.Dense(6),
            ["inception"] => SampleGraphs.Inception(3),
            ["one"] => new([new("fc", "Linear", "3→2", [-1], [1, 2])], [1, 3]),
            [_, var seed] => SampleGraphs.Random(int.Parse(seed, provider: null), 60),
            _ => throw new ArgumentException(name),
        };
        return [.. graph.Nodes.Select(node => (IReadOnlyList<int>)[.. node.Inputs.Where(i => i >= 0)])];
    }
}
