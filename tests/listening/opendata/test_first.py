def test_it_works(read):
    answer = read.get("/open/")
    assert answer.status_code == 200, answer.content
    for a in ["conformance","collections","api","collections/need-map-latest","collections/need-map-latest/items","collections/need-map-latest/items?limit=3&sortby=-share,name","collections/need-map-latest/queryables","need-map.geojson","collections/need-map-latest/tiles","collections/need-map-latest/tiles/WebMercatorQuad","collections/need-map-latest/tiles/WebMercatorQuad?f=tilejson","collections/need-map-latest/tiles/WebMercatorQuad/10/370/544","collections/need-map-2026-Q1-r1","nowhere","tileMatrixSets","tileMatrixSets/WebMercatorQuad"]:
        for f in ("text/html","*/*"):
            r = read.get("/open/"+a, headers={"Accept":f})
            print(r.status_code, a, f, r.content[:150], dict(r.headers) if r.status_code!=200 else "")
