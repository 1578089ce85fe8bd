#pragma once

#include "compose/document_loader.hpp"
#include "compose/node.hpp"
#include "compose/variables.hpp"

namespace plimsoll::compose {

/// Reads `env_file` and `label_file` of all services into `environment` and `labels`, which win over them; later files
/// win over earlier ones. Interpolation in these files sees the project's variables first, then the service's own
/// environment. The two keys are removed.
void resolve_environment_files(Node& project, DocumentLoader& loader, const Variables& variables, bool unset_is_error,
                               Report& report);

}  // namespace plimsoll::compose
