using System.Text;

namespace ModelZoo.Weights.Pickle;

/// <summary>
/// Reads a pickle that holds a state dict (docs.python.org, "pickle", and Lib/pickletools.py for the opcodes). It is not a general unpickler: it puts together
/// plain data, tensors and what holds them; an object of any other class stays a name, with its attributes. It calls nothing, imports nothing, never recurses.
/// Memory is bounded by <see cref="PickleBudget"/>, time by the length of the pickle.
/// </summary>
/// <remarks>
/// Ours because the libraries that read pickles build whatever object a file names, TorchSharp's own loader among them, and weights come from strangers.
/// </remarks>
internal ref struct Unpickler
{
    private const int MostDepth = 1 << 18;
    private const int HighestProtocol = 5;

    private readonly List<object?> stack = [];
    private readonly List<int> marks = [];
    private readonly Dictionary<long, object?> memo = [];
    private readonly PickleObjects objects;
    private PickleReader reader;
    private PickleBudget budget;

    private Unpickler(ReadOnlySpan<byte> bytes, string file, PickleObjects objects)
    {
        reader = new(bytes, file);
        this.objects = objects;
    }

    /// <summary>Reads one pickle from the beginning of <paramref name="bytes"/>.</summary>
    /// <param name="bytes">It, and perhaps more after it.</param>
    /// <param name="file">For messages.</param>
    /// <param name="objects">Puts tensors together and keeps their storages.</param>
    /// <returns>What it holds, and how many bytes it has.</returns>
    /// <exception cref="ZooException">It is damaged, asks for something that no state dict needs, or takes too much memory.</exception>
    public static (object? Value, int Length) Read(ReadOnlySpan<byte> bytes, string file, PickleObjects objects)
    {
        var unpickler = new Unpickler(bytes, file, objects);
        while (unpickler.Step())
        {
        }

        object? value = unpickler.Pop();
        return unpickler.stack.Count == 0 && unpickler.marks.Count == 0
            ? (value, unpickler.reader.Position)
            : throw unpickler.reader.Refused("ends with values left over");
    }

    // One opcode; false after the last.
    private bool Step()
    {
        byte opcode = reader.Byte();
        switch ((char)opcode)
        {
            case '.':
                return false;
            case '\x80':
                int protocol = reader.Byte();
                if (protocol > HighestProtocol)
                {
                    throw reader.NotRead($"has protocol {protocol}; at most {HighestProtocol} is known");
                }

                break;
            case '\x95':
                reader.UInt64(); // a frame: only says how much to read ahead
                break;
            case '(':
                Deepen(marks.Count);
                marks.Add(stack.Count);
                break;
            case '0':
                if (marks is [.., int last] && last == stack.Count)
                {
                    marks.RemoveAt(marks.Count - 1);
                }
                else
                {
                    Pop();
                }

                break;
            case '1':
                PopToMark();
                break;
            case '2':
                Push(Peek(), 0);
                break;
            case '}':
                Push(new PickleDict(), 256);
                break;
            case ']':
            case '\x8f':
                Push(new PickleList([]), 96);
                break;
            case 'a':
                object? item = Pop();
                Append([item]);
                break;
            case 'e':
            case '\x90':
                Append(PopToMark());
                break;
            case '\x91':
                Push(new PickleList([.. PopToMark()]), 96 + 8 * stack.Count);
                break;
            case 's':
                object? value = Pop();
                object? key = Pop();
                SetItems([key, value]);
                break;
            case 'u':
                SetItems(PopToMark());
                break;
            case 'h':
                Recall(reader.Byte());
                break;
            case 'j':
                Recall(reader.UInt32());
                break;
            case 'q':
                Memoize(reader.Byte());
                break;
            case 'r':
                Memoize(reader.UInt32());
                break;
            case '\x94':
                Memoize(memo.Count);
                break;
            case 'c':
                Global(reader.Line(), reader.Line());
                break;
            case '\x93':
                object? name = Pop();
                Global(Pop() as string, name as string);
                break;
            case 'Q':
                Push(PickleObjects.Persistent(Pop(), objects, reader), 128);
                break;
            case 'R':
                object? arguments = Pop();
                Spend(PickleObjects.Cost(arguments));
                Push(PickleObjects.Call(Pop(), arguments, reader), 0);
                break;
            case '\x81':
                Pop();
                Push(PickleObjects.New(Pop(), reader), 256);
                break;
            case '\x92':
                Pop();
                Pop();
                Push(PickleObjects.New(Pop(), reader), 256);
                break;
            case 'o':
                Push(PickleObjects.New(PopToMark() is [var type, ..] ? type : null, reader), 256);
                break;
            case 'i':
                PickleGlobal named = Named(reader.Line(), reader.Line());
                PopToMark();
                Push(PickleObjects.New(named, reader), 256);
                break;
            case 'b':
                object? state = Pop();
                Build(state);
                break;
            default:
                if (!Constant(opcode) && !Tuple(opcode))
                {
                    throw Unknown(opcode);
                }

                break;
        }

        return true;
    }

    private bool Constant(byte opcode)
    {
        switch ((char)opcode)
        {
            case 'N':
                Push(null, 0);
                return true;
            case '\x88':
                Push(PickleObjects.True, 0);
                return true;
            case '\x89':
                Push(PickleObjects.False, 0);
                return true;
            case 'J':
                Push((long)reader.Int32(), 24);
                return true;
            case 'K':
                Push((long)reader.Byte(), 24);
                return true;
            case 'M':
                Push((long)reader.UInt16(), 24);
                return true;
            case '\x8a':
                Push(reader.Integer(reader.Byte()), 24);
                return true;
            case '\x8b':
                Push(reader.Integer(reader.UInt32()), 24);
                return true;
            case 'G':
                Push(reader.Double(), 24);
                return true;
            case 'X':
                Text(reader.UInt32());
                return true;
            case '\x8c':
                Text(reader.Byte());
                return true;
            case '\x8d':
                Text(reader.UInt64());
                return true;
            case 'U': // Python 2's texts
                Latin1(reader.Byte());
                return true;
            case 'T':
                Latin1(reader.UInt32());
                return true;
            case 'C':
                Binary(reader.Byte());
                return true;
            case 'B':
                Binary(reader.UInt32());
                return true;
            case '\x8e':
            case '\x96':
                Binary(reader.UInt64());
                return true;
            default:
                return false;
        }
    }

    private bool Tuple(byte opcode)
    {
        object?[]? items = (char)opcode switch
        {
            ')' => [],
            '\x85' => PopSeveral(1),
            '\x86' => PopSeveral(2),
            '\x87' => PopSeveral(3),
            't' => PopToMark(),
            _ => null,
        };
        if (items is not null)
        {
            Push(new PickleTuple(items), 48 + 8 * items.Length);
        }

        return items is not null;
    }

    private ZooException Unknown(byte opcode) => (char)opcode switch
    {
        '\x82' or '\x83' or '\x84' => reader.NotRead("uses the extension registry, which no state dict needs"),
        'P' or 'S' or 'V' or 'I' or 'L' or 'F' or 'p' or 'g' or 'd' or 'l' => reader.NotRead("is of protocol 0 or 1; torch.save writes protocol 2 or later"),
        '\x97' or '\x98' => reader.NotRead("refers to buffers outside the file"),
        _ => reader.Refused($"has an unknown opcode 0x{opcode:X2} at byte {reader.Position - 1}"),
    };

    private void Global(string? module, string? name)
    {
        if (module is null || name is null)
        {
            throw reader.Refused("names a global by something other than two texts");
        }

        Push(Named(module, name), 64);
    }

    private readonly PickleGlobal Named(string module, string name) => PickleGlobals.Find($"{module}.{name}")
        ?? (PickleGlobals.IsHarmful(module, name)
            ? throw reader.NotRead($"asks for {Printable.Name($"{module}.{name}")}, which no state dict needs and which could run any code: this file was made "
                + "to do harm, or by a program that is not to be trusted with weights")
            : objects.Inert($"{module}.{name}"));

    private readonly void Build(object? state)
    {
        // OrderedDicts carry attributes, of which state dicts have one: _metadata, the versions of the modules. They are left aside, as are a parameter's.
        switch (Peek())
        {
            case PickleInert inert:
                inert.Set(state);
                break;
            case PickleTensor:
            case PickleDict when state is PickleDict or PickleTuple:
                break;
            default:
                throw reader.NotRead("sets the attributes of something other than an object or OrderedDict");
        }
    }

    private void Append(object?[] items)
    {
        Spend(16L * items.Length);
        if (Peek() is PickleInert)
        {
            return;
        }

        if (Peek() is not PickleList list)
        {
            throw reader.Refused("appends to something other than a list");
        }

        list.Items.AddRange(items);
    }

    private void SetItems(object?[] items)
    {
        Spend(128L * items.Length / 2);
        if (Peek() is PickleInert)
        {
            return;
        }

        if (Peek() is not PickleDict dict || items.Length % 2 != 0)
        {
            throw reader.Refused("sets the items of something other than a dict, or without a value");
        }

        for (int i = 0; i < items.Length; i += 2)
        {
            dict.Add(items[i], items[i + 1]);
        }
    }

    private void Text(ulong length)
    {
        ReadOnlySpan<byte> text = reader.Take(length);
        Spend(32 + 2L * text.Length);
        Push(reader.Utf8(text), 0);
    }

    private void Latin1(ulong length)
    {
        ReadOnlySpan<byte> text = reader.Take(length);
        Spend(32 + 2L * text.Length);
        Push(Encoding.Latin1.GetString(text), 0);
    }

    private void Binary(ulong length)
    {
        ReadOnlySpan<byte> bytes = reader.Take(length);
        Spend(32 + bytes.Length);
        Push(bytes.ToArray(), 0);
    }

    private void Memoize(long place)
    {
        Spend(64);
        memo[place] = Peek();
    }

    private void Recall(long place) =>
        Push(memo.TryGetValue(place, out object? value) ? value : throw reader.Refused($"recalls the value {place}, which it never kept"), 0);

    private void Push(object? value, long bytes)
    {
        Spend(bytes);
        Deepen(stack.Count);
        stack.Add(value);
    }

    private readonly object? Peek() => stack.Count > Floor ? stack[^1] : throw reader.Refused("takes a value that is not there");

    private readonly object? Pop()
    {
        object? value = Peek();
        stack.RemoveAt(stack.Count - 1);
        return value;
    }

    private object?[] PopSeveral(int count)
    {
        var items = new object?[count];
        for (int i = count - 1; i >= 0; i--)
        {
            items[i] = Pop();
        }

        return items;
    }

    private object?[] PopToMark()
    {
        if (marks.Count == 0)
        {
            throw reader.Refused("takes values down to a mark that is not there");
        }

        int mark = marks[^1];
        marks.RemoveAt(marks.Count - 1);
        Spend(8L * (stack.Count - mark));
        object?[] items = [.. stack[mark..]];
        stack.RemoveRange(mark, stack.Count - mark);
        return items;
    }

    private readonly int Floor => marks.Count == 0 ? 0 : marks[^1];

    private readonly void Deepen(int depth)
    {
        if (depth >= MostDepth)
        {
            throw reader.Refused($"is nested more than {MostDepth} deep, which is not supported");
        }
    }

    private void Spend(long bytes)
    {
        if (!budget.Spend(bytes))
        {
            throw reader.Refused($"would take more than {PickleBudget.Bytes} bytes of memory, which no state dict needs");
        }
    }
}
