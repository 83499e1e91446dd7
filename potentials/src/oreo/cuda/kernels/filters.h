// Distance filters D(r) from tables: in each interval polynomials of degree five, as `fused/filters/table.rs` makes them.

// Kinds of filters in a layer's table (intervals, kinds, coefficients, C).
enum { OF_KEY, OF_SCALAR, OF_ALONG, OF_PASS, KINDS };
constexpr int COEFFICIENTS = 6;

// D and dD/dt.
struct Filter {
    float value, slope;
};

// The coefficients of one kind and channel; one number every C.
DEVICE const float* coefficients(const float* table, const Edge& edge, int kinds, int kind, int channel) {
    return table + ((edge.interval * kinds + kind) * COEFFICIENTS) * CHANNELS + channel;
}

// D by Horner's scheme.
DEVICE float filter_value(const float* table, const Edge& edge, int kinds, int kind, int channel) {
    const float* of_power = coefficients(table, edge, kinds, kind, channel);
    float value = of_power[(COEFFICIENTS - 1) * CHANNELS];
#pragma unroll
    for (int power = COEFFICIENTS - 2; power >= 0; --power) value = value * edge.t + of_power[power * CHANNELS];
    return value;
}

// D, and the same scheme for the quotient that it leaves.
DEVICE Filter filter_with_slope(const float* table, const Edge& edge, int kinds, int kind, int channel) {
    const float* of_power = coefficients(table, edge, kinds, kind, channel);
    float value = of_power[(COEFFICIENTS - 1) * CHANNELS], slope = 0.0f;
#pragma unroll
    for (int power = COEFFICIENTS - 2; power >= 0; --power) {
        slope = slope * edge.t + value;
        value = value * edge.t + of_power[power * CHANNELS];
    }
    return {value, slope};
}
