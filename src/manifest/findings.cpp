#include "manifest/findings.hpp"

#include <algorithm>
#include <tuple>

#include "model/secret.hpp"

namespace plimsoll::manifest {

void Findings::add(Diagnostic diagnostic) {
  diagnostic.path = mask_secrets(diagnostic.path);
  diagnostic.message = mask_secrets(diagnostic.message);
  diagnostic.mend = mask_secrets(diagnostic.mend);
  found_.add(std::move(diagnostic));
}

void Findings::add_all(const Diagnostics& diagnostics) {
  for (const Diagnostic& diagnostic : diagnostics) add(diagnostic);
}

Diagnostics Findings::take_sorted() {
  Diagnostics out = found_.take();
  sort_unique(out);
  return out;
}

void sort_unique(Diagnostics& diagnostics) {
  const auto order = [](const Diagnostic& d) { return std::tie(d.where, d.severity, d.path, d.message, d.mend); };
  std::stable_sort(diagnostics.begin(), diagnostics.end(),
                   [&order](const Diagnostic& a, const Diagnostic& b) { return order(a) < order(b); });
  diagnostics.erase(std::unique(diagnostics.begin(), diagnostics.end()), diagnostics.end());
}

SourcePosition value_position(const compose::Node::Entry& entry) {
  return entry.value.is_null() || entry.value.place().line == 0 ? entry.key_place.position() : entry.value.position();
}

}  // namespace plimsoll::manifest
