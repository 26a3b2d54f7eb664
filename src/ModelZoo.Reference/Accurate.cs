namespace ModelZoo.Reference;

/// <summary>
/// Functions whose plain formula cancels near 0, by W. Kahan's division by the error that was made. Source: Higham, "Accuracy and Stability of Numerical
/// Algorithms", 2nd ed., 2002, section 1.14.1 and problem 1.5.
/// </summary>
public static class Accurate
{
    /// <summary>e^x − 1.</summary>
    public static double ExpMinusOne(double x)
    {
        double power = Math.Exp(x);
        return power == 1 ? x : power - 1 == -1 || double.IsInfinity(power) ? power - 1 : (power - 1) * x / Math.Log(power);
    }

    /// <summary>ln(1 + x).</summary>
    public static double LogOnePlus(double x)
    {
        double sum = 1 + x;
        return sum == 1 || double.IsInfinity(sum) ? x : Math.Log(sum) * x / (sum - 1);
    }
}
