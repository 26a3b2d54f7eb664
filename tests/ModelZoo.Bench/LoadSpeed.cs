namespace ModelZoo.Bench;

/// <summary>Times of loading each format, in turns with reading and copying the file.</summary>
internal static class LoadSpeed
{
    internal static void Run(Setting setting, int rounds)
    {
        using var load = new LoadTimes();
        setting.Output.Say($"loading {load.Bytes / 1e6:F0} MB of weights (as large as VGG-16's) into a model that is there, {rounds} rounds, interleaved; "
            + $"building the model took {load.BuildSeconds:F2} s:");
        foreach (string format in LoadTimes.Formats)
        {
            load.Cat(format);
            load.Load(format);
            var (cat, copy, ours, ratios) = (new List<double>(), new List<double>(), new List<double>(), new List<double>());
            for (int round = 0; round < rounds; round++)
            {
                cat.Add(load.Cat(format));
                ours.Add(load.Load(format));
                copy.Add(load.Copy());
                ratios.Add(ours[^1] / (cat[^1] + copy[^1]));
            }

            double peak = load.PeakGrowth(format) / 1e6;
            setting.Output.Say($"  {format,-11} median  ours {Rounds.Median(ours):F3} s, cat {Rounds.Median(cat):F3} s, copy {Rounds.Median(copy):F3} s; ours "
                + $"/ (cat + copy) median {Rounds.Median(ratios):F3}, max {ratios.Max():F3}; peak memory +{peak:F1} MB");
            setting.Output.Add(new
            {
                Benchmark = "load",
                Format = format,
                load.Bytes,
                Rounds = rounds,
                OursSeconds = Rounds.Median(ours),
                CatSeconds = Rounds.Median(cat),
                CopySeconds = Rounds.Median(copy),
                RatioMedian = Rounds.Median(ratios),
                RatioMax = ratios.Max(),
                PeakMegabytes = peak
            });
        }
    }
}
