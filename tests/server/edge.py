# Which points does Qdrant's own engine find by each filter? Reads payloads and filters as JSON, prints lists of ids.
import json
import sys
import tempfile

import qdrant_edge as q

MATCHES = {"value": q.MatchValue, "any": q.MatchAny, "except": q.MatchExcept}


def condition_of(given):
    if "key" in given:
        return field_condition_of(given)
    if "is_empty" in given:
        return q.IsEmptyCondition(given["is_empty"]["key"])
    if "is_null" in given:
        return q.IsNullCondition(given["is_null"]["key"])
    if "has_id" in given:
        return q.HasIdCondition(set(given["has_id"]))
    if "nested" in given:
        return q.NestedCondition(given["nested"]["key"], filter_of(given["nested"]["filter"]))
    return filter_of(given)


def field_condition_of(given):
    parts = {"key": given["key"]}
    if "match" in given:
        [(name, value)] = given["match"].items()
        parts["match"] = MATCHES[name](value)
    if "range" in given:
        bounds = given["range"]
        dates = any(isinstance(bound, str) for bound in bounds.values())
        parts["range"] = q.RangeDateTime(**bounds) if dates else q.RangeFloat(**bounds)
    if "values_count" in given:
        parts["values_count"] = q.ValuesCount(**given["values_count"])
    return q.FieldCondition(**parts)


def filter_of(given):
    parts = {
        name: [condition_of(one) for one in given[name]]
        for name in ("must", "should", "must_not")
        if name in given
    }
    if "min_should" in given:
        conditions = [condition_of(one) for one in given["min_should"]["conditions"]]
        parts["min_should"] = q.MinShould(conditions, given["min_should"]["min_count"])
    return q.Filter(**parts)


def found_by(shard, given):
    """The ids in order, or what the engine says of the filter."""
    request = q.ScrollRequest(limit=1000, filter=filter_of(given), with_payload=False, with_vector=False)
    try:
        result = shard.scroll(request)
    except Exception as error:
        return str(error)
    points = result[0] if isinstance(result, tuple) else result.points
    return sorted(point.id for point in points)


asked = json.load(sys.stdin)
vectors = q.EdgeVectorParams(size=2, distance=q.Distance.Euclid)
shard = q.EdgeShard.create(tempfile.mkdtemp(), q.EdgeConfig(vectors=vectors))
points = [q.Point(id, [float(id), 0.0], payload) for id, payload in enumerate(asked["payloads"])]
shard.update(q.UpdateOperation.upsert_points(points))
print(json.dumps([found_by(shard, given) for given in asked["filters"]]))
