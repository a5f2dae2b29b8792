# Which points does the engine of Qdrant itself find by each filter? Reads payloads and filters as JSON, prints lists of ids.
import json
import sys
import tempfile

import qdrant_edge as q
data = json.load(sys.stdin)
def cond(c):
    if 'key' in c:
        k={'key':c['key']}
        if 'match' in c:
            m=c['match']; n,v=list(m.items())[0]
            k['match']={'value':q.MatchValue,'any':q.MatchAny,'except':q.MatchExcept}[n](v)
        if 'range' in c:
            r=c['range']
            if any(isinstance(v,str) for v in r.values()): k['range']=q.RangeDateTime(**r)
            else: k['range']=q.RangeFloat(**r)
        if 'values_count' in c: k['values_count']=q.ValuesCount(**c['values_count'])
        return q.FieldCondition(**k)
    if 'is_empty' in c: return q.IsEmptyCondition(c['is_empty']['key'])
    if 'is_null' in c: return q.IsNullCondition(c['is_null']['key'])
    if 'has_id' in c: return q.HasIdCondition(set(c['has_id']))
    if 'nested' in c: return q.NestedCondition(c['nested']['key'], filt(c['nested']['filter']))
    return filt(c)
def filt(f):
    k={}
    for n in ('must','should','must_not'):
        if n in f: k[n]=[cond(c) for c in f[n]]
    if 'min_should' in f: k['min_should']=q.MinShould([cond(c) for c in f['min_should']['conditions']], f['min_should']['min_count'])
    return q.Filter(**k)
d=tempfile.mkdtemp()
cfg=q.EdgeConfig(vectors=q.EdgeVectorParams(size=2,distance=q.Distance.Euclid))
shard=q.EdgeShard.create(d,cfg)
shard.update(q.UpdateOperation.upsert_points([q.Point(i,[float(i),0.0],p) for i,p in enumerate(data['payloads'])]))
out=[]
for f in data['filters']:
    try:
        r=shard.scroll(q.ScrollRequest(limit=1000,filter=filt(f),with_payload=False,with_vector=False))
        pts=r[0] if isinstance(r,tuple) else r.points
        out.append(sorted(p.id for p in pts))
    except Exception as e:
        out.append(str(e))
print(json.dumps(out))
