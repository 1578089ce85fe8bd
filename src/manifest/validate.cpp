#include "manifest/validate.hpp"

#include "manifest/desired_loader.hpp"
#include "manifest/findings.hpp"

namespace plimsoll::manifest {

Diagnostics validate(const RepositoryFiles& files) {
  DesiredState state = load_desired(files, {}, {});
  Diagnostics out = std::move(state.diagnostics);
  for (const BrokenApp& app : state.broken) out.insert(out.end(), app.diagnostics.begin(), app.diagnostics.end());
  sort_unique(out);
  return out;
}

}  // namespace plimsoll::manifest
