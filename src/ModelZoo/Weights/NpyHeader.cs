namespace ModelZoo.Weights;

/// <summary>
/// The dictionary at the head of a .npy file, as Python writes it: <c>{'descr': '&lt;f4', 'fortran_order': False, 'shape': (3, 4), }</c>
/// (numpy.org/doc/stable/reference/generated/numpy.lib.format.html). Only these three keys, each once, in any order; anything else is refused.
/// </summary>
internal ref struct NpyHeader
{
    private const int MostDimensions = 64;

    private readonly ReadOnlySpan<char> text;
    private readonly string file;
    private int at;

    private NpyHeader(ReadOnlySpan<char> text, string file)
    {
        this.text = text;
        this.file = file;
    }

    /// <exception cref="ZooException">The text is something else; the message names <paramref name="file"/>.</exception>
    public static (string Type, bool FortranOrder, long[] Shape) Parse(ReadOnlySpan<char> text, string file) => new NpyHeader(text, file).Read();

    private (string Type, bool FortranOrder, long[] Shape) Read()
    {
        string? type = null;
        bool? fortranOrder = null;
        long[]? shape = null;
        Expect('{');
        while (!Accept('}'))
        {
            string key = Text();
            Expect(':');
            bool again;
            switch (key)
            {
                case "descr":
                    (again, type) = (type is not null, Type());
                    break;
                case "fortran_order":
                    (again, fortranOrder) = (fortranOrder is not null, Truth());
                    break;
                case "shape":
                    (again, shape) = (shape is not null, Shape());
                    break;
                default:
                    throw Refused($"it has the unknown key {Shown.Name(key)}");
            }

            if (again)
            {
                throw Refused($"it has the key '{key}' twice");
            }

            if (!Accept(','))
            {
                Expect('}');
                break;
            }
        }

        SkipSpace();
        return at < text.Length ? throw Refused("something follows it")
            : type is null || shape is null || fortranOrder is not { } fortran ? throw Refused("it lacks 'descr', 'fortran_order' or 'shape'")
            : (type, fortran, shape);
    }

    private string Type()
    {
        SkipSpace();
        return at < text.Length && text[at] is '[' or '('
            ? throw new ZooException($"{file}: holds records with several fields; one array of numbers is needed. Save a single field with numpy.save.")
            : Text();
    }

    private string Text()
    {
        SkipSpace();
        if (at == text.Length || text[at] is not ('\'' or '"'))
        {
            throw Refused($"a text in quotes is missing at character {at}");
        }

        ReadOnlySpan<char> rest = text[(at + 1)..];
        int length = rest.IndexOf(text[at]);
        if (length < 0)
        {
            throw Refused($"the text at character {at} does not end");
        }

        at += length + 2;
        return rest[..length].ToString();
    }

    private bool Truth()
    {
        SkipSpace();
        foreach ((string word, bool value) in new[] { ("True", true), ("False", false) })
        {
            if (text[at..].StartsWith(word))
            {
                at += word.Length;
                return value;
            }
        }

        throw Refused("'fortran_order' is neither True nor False");
    }

    private long[] Shape()
    {
        var shape = new List<long>();
        bool comma = true;
        Expect('(');
        while (!Accept(')'))
        {
            int start = at;
            while (at < text.Length && char.IsAsciiDigit(text[at]))
            {
                at++;
            }

            if (!comma || shape.Count == MostDimensions || !long.TryParse(text[start..at], out long size))
            {
                throw Refused($"'shape' is not a tuple of at most {MostDimensions} whole numbers from 0 to {long.MaxValue}");
            }

            shape.Add(size);
            comma = Accept(',');
        }

        return shape.Count == 1 && !comma ? throw Refused("'shape' is a number, not a tuple") : [.. shape];
    }

    private void Expect(char wanted)
    {
        if (!Accept(wanted))
        {
            throw Refused($"'{wanted}' is missing at character {at}");
        }
    }

    private bool Accept(char wanted)
    {
        SkipSpace();
        if (at == text.Length || text[at] != wanted)
        {
            return false;
        }

        at++;
        SkipSpace();
        return true;
    }

    private void SkipSpace()
    {
        while (at < text.Length && text[at] is ' ' or '\n')
        {
            at++;
        }
    }

    private readonly ZooException Refused(string what) => new($"{file}: its header is not one that numpy writes: {what}. {Npy.Advice}");
}
