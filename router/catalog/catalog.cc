#include "router/catalog/catalog.hpp"

#include <algorithm>

namespace pgshoal::catalog {
namespace {

using Key = std::pair<std::string, std::string>;

// Calls `visit(schema)` along the path, pg_catalog first unless named, until it returns true.
template <class Visit>
void WalkPath(std::string_view schema, std::span<const std::string> search_path, Visit visit) {
  if (!schema.empty()) {
    visit(schema);
    return;
  }
  const bool names_catalog = std::find(search_path.begin(), search_path.end(), "pg_catalog") != search_path.end();
  if (!names_catalog && visit(std::string_view("pg_catalog"))) return;
  for (const std::string& entry : search_path) {
    if (visit(std::string_view(entry))) return;
  }
}

}  // namespace

const Column* Relation::FindColumn(std::string_view column) const {
  for (const Column& c : columns) {
    if (c.name == column) return &c;
  }
  return nullptr;
}

const Relation* Catalog::FindRelation(std::string_view schema, std::string_view name,
                                      std::span<const std::string> search_path) const {
  const Relation* found = nullptr;
  WalkPath(schema, search_path, [&](std::string_view s) {
    auto it = relation_index_.find(Key(std::string(s), std::string(name)));
    if (it != relation_index_.end()) found = &relations_[it->second];
    return found != nullptr;
  });
  return found;
}

std::vector<const Function*> Catalog::FindFunctions(std::string_view schema, std::string_view name,
                                                    std::span<const std::string> search_path) const {
  std::vector<const Function*> found;
  WalkPath(schema, search_path, [&](std::string_view s) {
    auto it = function_index_.find(Key(std::string(s), std::string(name)));
    if (it != function_index_.end()) found.push_back(&functions_[it->second]);
    return false;
  });
  return found;
}

const Type* Catalog::FindType(std::string_view schema, std::string_view name,
                              std::span<const std::string> search_path) const {
  const Type* found = nullptr;
  WalkPath(schema, search_path, [&](std::string_view s) {
    auto it = type_index_.find(Key(std::string(s), std::string(name)));
    if (it != type_index_.end()) found = &types_[it->second];
    return found != nullptr;
  });
  return found;
}

const Type* Catalog::FindType(Oid oid) const {
  auto it = type_by_oid_.find(oid);
  return it == type_by_oid_.end() ? nullptr : &types_[it->second];
}

const UserOperator* Catalog::FindUserOperator(std::string_view name) const {
  auto it = operators_.find(std::string(name));
  return it == operators_.end() ? nullptr : &it->second;
}

bool Catalog::HasSchema(std::string_view schema) const {
  return std::find(schemas_.begin(), schemas_.end(), schema) != schemas_.end();
}

std::string Catalog::CreationSchema(std::span<const std::string> search_path) const {
  for (const std::string& entry : search_path) {
    if (HasSchema(entry)) return entry;
  }
  return {};
}

CatalogBuilder::CatalogBuilder() : catalog_(std::make_shared<Catalog>()) {
  AddSchema("pg_catalog");
  AddSchema("information_schema");
}

void CatalogBuilder::AddSchema(std::string name) {
  if (!catalog_->HasSchema(name)) catalog_->schemas_.push_back(std::move(name));
}

void CatalogBuilder::AddRelation(Relation relation) {
  Key key(relation.schema, relation.name);
  auto [it, added] = catalog_->relation_index_.try_emplace(std::move(key), catalog_->relations_.size());
  if (added) {
    catalog_->relations_.push_back(std::move(relation));
  } else {
    catalog_->relations_[it->second] = std::move(relation);
  }
}

void CatalogBuilder::AddFunction(Function function) {
  Key key(function.schema, function.name);
  auto [it, added] = catalog_->function_index_.try_emplace(std::move(key), catalog_->functions_.size());
  if (added) {
    catalog_->functions_.push_back(std::move(function));
  } else {
    catalog_->functions_[it->second] = std::move(function);
  }
}

void CatalogBuilder::AddType(Type type) {
  Key key(type.schema, type.name);
  auto [it, added] = catalog_->type_index_.try_emplace(std::move(key), catalog_->types_.size());
  catalog_->type_by_oid_[type.oid] = it->second;
  if (added) {
    catalog_->types_.push_back(std::move(type));
  } else {
    catalog_->types_[it->second] = std::move(type);
  }
}

void CatalogBuilder::AddOperator(UserOperator op) {
  std::string name = op.name;
  catalog_->operators_[std::move(name)] = std::move(op);
}

void CatalogBuilder::SetDefaultCollation(Collation collation) {
  catalog_->default_collation_ = collation;
}
void CatalogBuilder::SetComplete(bool complete) {
  catalog_->complete_ = complete;
}
void CatalogBuilder::SetVersion(std::uint64_t version) {
  catalog_->version_ = version;
}

Relation* CatalogBuilder::MutableRelation(std::string_view schema, std::string_view name) {
  auto it = catalog_->relation_index_.find(Key(std::string(schema), std::string(name)));
  return it == catalog_->relation_index_.end() ? nullptr : &catalog_->relations_[it->second];
}

std::shared_ptr<const Catalog> CatalogBuilder::Build() && {
  return std::move(catalog_);
}

}  // namespace pgshoal::catalog
