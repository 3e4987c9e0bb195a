// ADOL-C beside gradus: rosenbrock and recurrence; each evaluation records its tape, as ours does, or runs one recorded before.
// g++ -O3 -march=native main.cpp -ladolc -o adolc-bench; ./adolc-bench rosenbrock
#include <adolc/adolc.h>
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

using Numbers = std::vector<double>;

static double u(uint32_t i, uint32_t seed) {
    uint32_t x = i + seed * 0x9E3779B9u;
    x ^= x >> 16; x *= 0x21f0aaadu; x ^= x >> 15; x *= 0x735a2d97u; x ^= x >> 15;
    return float(x >> 8) * (1.0f / 8388608.0f) - 1.0f;
}

template <class T> T rosenbrock(const std::vector<T>& x) {
    T sum = 0.0;
    for (size_t i = 0; i + 1 < x.size(); i++) {
        T a = 1.0 - x[i], b = x[i + 1] - x[i] * x[i];
        sum += a * a + b * b * 100.0;
    }
    return sum;
}

const int STEPS = 614, WIDTH = 60;
template <class T> T recurrence(const std::vector<T>& in) {
    std::vector<T> x(in.begin() + WIDTH, in.end());
    for (int t = 0; t < STEPS; t++) {
        for (int i = WIDTH - 1; i > 0; i--) x[i] = x[i] + in[i] * (x[i - 1] - x[i]);
        x[0] = x[0] + in[0] * (u(t, 42) - x[0]);
    }
    T sum = 0.0;
    for (auto& x : x) sum += x * x;
    return sum;
}

static double seconds() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

static void measure(const std::string& peer, const std::string& name, double units, int inner, Numbers at,
                    const std::function<double(const Numbers&, Numbers&)>& f) {
    Numbers slopes(at.size()), times;
    double value = f(at, slopes);
    for (double start = seconds(); times.size() < 5 || seconds() - start < 1.5;) {
        double t = seconds();
        for (int i = 0; i < inner; i++) f(at, slopes);
        times.push_back((seconds() - t) / inner);
    }
    std::sort(times.begin(), times.end());
    printf("{\"peer\":\"%s\",\"workload\":\"%s\",\"threads\":1,\"median_s\":%.9e,\"min_s\":%.9e,\"unit_count\":%.0f,\"peak_rss_mb\":0,"
           "\"reps\":%zu,\"note\":\"\",\"loss0\":%.17g,\"gx0\":%.17g,\"ga0\":%.17g}\n",
           peer.c_str(), name.c_str(), times[times.size() / 2], times[0], units, times.size(), value,
           slopes[at.size() / 2], slopes[0]);
}

template <class F> double record(F f, const Numbers& at) {
    double value;
    trace_on(1);
    std::vector<adouble> x(at.size());
    for (size_t i = 0; i < at.size(); i++) x[i] <<= at[i];
    adouble y = f(x);
    y >>= value;
    trace_off();
    return value;
}

template <class F> void both(bool recorded, const std::string& name, double units, int inner, const Numbers& at, F f) {
    if (recorded) {
        double value = record(f, at);
        measure("adolc-recorded", name, units, inner, at, [&](const Numbers& at, Numbers& slopes) {
            gradient(1, at.size(), at.data(), slopes.data());
            return value;
        });
    } else {
        measure("adolc", name, units, inner, at, [&](const Numbers& at, Numbers& slopes) {
            double value = record(f, at);
            gradient(1, at.size(), at.data(), slopes.data());
            return value;
        });
    }
}

int main(int, char** arguments) {
    bool recorded = arguments[2] && !strcmp(arguments[2], "recorded");
    if (!strcmp(arguments[1], "rosenbrock")) {
        for (int n : {2, 10, 100, 1000}) {
            Numbers at(n);
            for (int i = 0; i < n; i++) at[i] = 0.5 + 0.01 * (i % 100);
            both(recorded, "rosenbrock_" + std::to_string(n), 8 * (n - 1), std::max(1, 10000 / n), at,
                 [](const std::vector<adouble>& x) { return rosenbrock(x); });
        }
    } else {
        Numbers at(2 * WIDTH);
        for (int i = 0; i < WIDTH; i++) { at[i] = 0.5 + 0.25 * u(i, 40); at[WIDTH + i] = u(i, 41); }
        both(recorded, "recurrence", STEPS * WIDTH * 3 + 2 * WIDTH - 1, 1, at,
             [](const std::vector<adouble>& x) { return recurrence(x); });
    }
}
