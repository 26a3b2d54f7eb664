namespace ModelZoo;

/// <summary>What was asked for does not exist or does not fit together: a name, a flag, a combination. Programs exit with 2 for it.</summary>
public sealed class UsageException(string message) : ZooException(message);
