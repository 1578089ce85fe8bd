#include "model/signal_name.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace plimsoll {
namespace {

/// As Linux numbers them, which is where containers run.
constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kByNumber{{{"1", "SIGHUP"},
                                                                                  {"2", "SIGINT"},
                                                                                  {"3", "SIGQUIT"},
                                                                                  {"9", "SIGKILL"},
                                                                                  {"10", "SIGUSR1"},
                                                                                  {"12", "SIGUSR2"},
                                                                                  {"15", "SIGTERM"},
                                                                                  {"28", "SIGWINCH"}}};

}  // namespace

std::string signal_name(std::string text) {
  for (const auto& [number, name] : kByNumber)
    if (text == number) return std::string(name);
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::toupper(c); });
  if (!text.starts_with("SIG")) text.insert(0, "SIG");
  return text;
}

}  // namespace plimsoll
