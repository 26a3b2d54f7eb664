using System.Buffers.Binary;

namespace ModelZoo.Imaging;

/// <summary>
/// The table of a TIFF's first page (TIFF 6.0, section 2; BigTIFF has wider fields). Each entry says how many values it has, and the library makes room for as
/// many before it looks whether they are there; so it does with the strips and tiles, by the picture's size, and with the bytes of each.
/// </summary>
internal static class TiffHeader
{
    private const int ImageWidth = 256, ImageLength = 257, SamplesPerPixel = 277, RowsPerStrip = 278, StripByteCounts = 279, PlanarConfiguration = 284,
        TileWidth = 322, TileLength = 323, TileByteCounts = 325;

    // Bytes of a value by the type's number: BYTE, ASCII, SHORT, LONG, RATIONAL, SBYTE, UNDEFINED, SSHORT, SLONG, SRATIONAL, FLOAT, DOUBLE, IFD; from 16 on
    // BigTIFF's LONG8, SLONG8, IFD8.
    private static ReadOnlySpan<byte> Sizes => [1, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 1, 1, 8, 8, 8];

    /// <exception cref="ImageException">An entry has more values, a strip or tile more bytes, or the picture more of those, than the file has room
    /// for.</exception>
    public static void Check(ReadOnlySpan<byte> bytes, string name)
    {
        var fields = new Fields(bytes, bytes[0] == 'I');
        bool big = fields.Short(2) == 43;
        (int wide, int entryBytes) = big ? (8, 20) : (4, 12);
        ulong table = big ? fields.Long8(8) : fields.Long(4);
        ulong entries = !fields.Has(table, 8) ? 0 : big ? fields.Long8((int)table) : fields.Short((int)table);
        ulong first = table + (big ? 8UL : 2UL);
        var layout = new Layout();
        for (ulong i = 0; i < entries && fields.Has(first + (i * (ulong)entryBytes), entryBytes); i++)
        {
            int at = (int)(first + (i * (ulong)entryBytes));
            int type = fields.Short(at + 2);
            ulong count = wide == 8 ? fields.Long8(at + 4) : fields.Long(at + 4);
            ulong size = type < Sizes.Length ? Sizes[type] : 1UL;
            if (count > (ulong)bytes.Length / size)
            {
                throw new ImageException(name, $"is damaged: its tag {fields.Short(at)} has {count} values, more than the file has room for.");
            }

            int tag = fields.Short(at);
            layout.Note(tag, fields.Value(at + 4 + wide, size));
            if (tag is StripByteCounts or TileByteCounts)
            {
                Parts(fields, bytes.Length, at, type, (int)count, wide, name);
            }
        }

        if (layout.Parts > (UInt128)bytes.Length)
        {
            throw new ImageException(name, $"is damaged: its picture has {layout.Parts} strips or tiles, more than the file has room for.");
        }
    }

    // What the tags say together. Where one stands twice, the value that makes more parts counts: the library may take either.
    private struct Layout()
    {
        private ulong width, height, samples = 1, rows = uint.MaxValue, tileWidth = uint.MaxValue, tileHeight = uint.MaxValue;
        private bool tiled, planes;

        /// <summary>How many strips or tiles the picture has.</summary>
        public readonly UInt128 Parts => (tiled ? (UInt128)Ceiling(width, tileWidth) * Ceiling(height, tileHeight) : Ceiling(height, rows))
            * (planes ? samples : 1);

        public void Note(int tag, ulong value)
        {
            switch (tag)
            {
                case ImageWidth: width = Math.Max(width, value); break;
                case ImageLength: height = Math.Max(height, value); break;
                case SamplesPerPixel: samples = Math.Max(samples, value); break;
                case PlanarConfiguration: planes |= value == 2; break;
                case RowsPerStrip: rows = Math.Min(rows, value); break;
                case TileWidth: (tiled, tileWidth) = (true, Math.Min(tileWidth, value)); break;
                case TileLength: tileHeight = Math.Min(tileHeight, value); break;
            }
        }

        private static ulong Ceiling(ulong value, ulong by) => by == 0 ? value : (value / by) + (value % by > 0 ? 1UL : 0);
    }

    private static void Parts(Fields fields, int length, int at, int type, int count, int wide, string name)
    {
        int size = type < Sizes.Length ? Sizes[type] : 1, values = at + 4 + wide;
        ulong where = size * (long)count <= wide ? (ulong)values : wide == 8 ? fields.Long8(values) : fields.Long(values);
        if (!fields.Has(where, size * count))
        {
            throw new ImageException(name, "is damaged or cut off: the sizes of the parts of its picture lie outside the file.");
        }

        for (int i = 0; i < count; i++)
        {
            int here = (int)where + (i * size);
            ulong part = fields.Value(here, (ulong)size);
            if (part > (ulong)length)
            {
                throw new ImageException(name, $"is damaged or cut off: a part of its picture has {part} bytes, the file {length}.");
            }
        }
    }

    private readonly ref struct Fields(ReadOnlySpan<byte> bytes, bool little)
    {
        private readonly ReadOnlySpan<byte> bytes = bytes;

        public bool Has(ulong at, int length) => at <= (ulong)bytes.Length && (ulong)length <= (ulong)bytes.Length - at;

        public ulong Value(int at, ulong size) => size switch { 2 => Short(at), 4 => Long(at), 8 => Long8(at), _ => 0 };

        public ushort Short(int at) => !Has((ulong)at, 2) ? (ushort)0
            : little ? BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]) : BinaryPrimitives.ReadUInt16BigEndian(bytes[at..]);

        public uint Long(int at) => !Has((ulong)at, 4) ? 0
            : little ? BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]) : BinaryPrimitives.ReadUInt32BigEndian(bytes[at..]);

        public ulong Long8(int at) => !Has((ulong)at, 8) ? 0
            : little ? BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]) : BinaryPrimitives.ReadUInt64BigEndian(bytes[at..]);
    }
}
